namespace EdgeVpn.Ipsec.Esp;

/// <summary>The outbound SAs by slot, and the selectors that lead to a slot.</summary>
/// <remarks>A slot is one pair of traffic selectors for as long as it is wanted; a rekey only puts another SA into it. One writer, the thread that
/// runs IKE, swaps whole snapshots; readers load <see cref="Current"/> once per batch. The SAs taken out are the caller's to dispose.</remarks>
public sealed class OutboundTable
{
    private volatile Snapshot _current = new(SelectorTable.Empty, [], []);

    public Snapshot Current => _current;

    /// <summary>Puts an SA into the first free slot. Writer only.</summary>
    /// <returns>The slot.</returns>
    public int Add(EspSelectors selectors, IEspOutbound sa)
    {
        ArgumentNullException.ThrowIfNull(selectors);
        ArgumentNullException.ThrowIfNull(sa);
        var slot = Array.IndexOf(_current.Sas, null);
        var size = slot < 0 ? _current.Sas.Length + 1 : _current.Sas.Length;
        slot = slot < 0 ? size - 1 : slot;
        var allSelectors = Resized(_current.Selectors, size);
        var sas = Resized(_current.Sas, size);
        (allSelectors[slot], sas[slot]) = (selectors, sa);
        _current = new(new SelectorTable(allSelectors), allSelectors, sas);
        return slot;
    }

    /// <summary>Puts the successor of a rekeyed SA into its slot: the next packet takes it. Writer only.</summary>
    /// <returns>The SA that was there, for the caller to dispose once its packets have drained.</returns>
    public IEspOutbound Replace(int slot, IEspOutbound successor)
    {
        ArgumentNullException.ThrowIfNull(successor);
        var before = _current.Sas[slot] ?? throw new ArgumentOutOfRangeException(nameof(slot), slot, "The slot is free.");
        var sas = Resized(_current.Sas, _current.Sas.Length);
        sas[slot] = successor;
        _current = new(_current.Table, _current.Selectors, sas);
        return before;
    }

    /// <summary>Frees a slot. Writer only.</summary>
    /// <returns>The SA that was there, for the caller to dispose.</returns>
    public IEspOutbound Remove(int slot)
    {
        var before = _current.Sas[slot] ?? throw new ArgumentOutOfRangeException(nameof(slot), slot, "The slot is free.");
        var allSelectors = Resized(_current.Selectors, _current.Selectors.Length);
        var sas = Resized(_current.Sas, _current.Sas.Length);
        (allSelectors[slot], sas[slot]) = (null, null);
        _current = new(new SelectorTable(allSelectors), allSelectors, sas);
        return before;
    }

    private static T[] Resized<T>(T[] array, int size)
    {
        var copy = new T[size];
        array.CopyTo(copy, 0);
        return copy;
    }

    /// <summary>Immutable: what one batch of packets sees.</summary>
    public sealed class Snapshot
    {
        internal Snapshot(SelectorTable table, EspSelectors?[] selectors, IEspOutbound?[] sas) =>
            (Table, Selectors, Sas) = (table, selectors, sas);

        internal SelectorTable Table { get; }

        internal EspSelectors?[] Selectors { get; }

        internal IEspOutbound?[] Sas { get; }

        /// <summary>The SA that carries a packet; null if none does, and it must not leave.</summary>
        public IEspOutbound? Find(in InnerPacket packet)
        {
            var slot = Table.Find(packet);
            return slot == SelectorTable.None ? null : Sas[slot];
        }
    }
}
