using System.Numerics;
using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>The inbound SAs, found by SPI.</summary>
/// <remarks>One writer, the thread that runs IKE, swaps whole snapshots; readers load <see cref="Current"/> once per batch and neither lock nor
/// allocate. Removing an SA does not dispose it: the caller does, after the swap; a worker in the middle of a run is waited for.</remarks>
public sealed class SaTable
{
    private volatile Snapshot _current = new([]);

    public Snapshot Current => _current;

    /// <summary>Adds an SA. Writer only.</summary>
    /// <returns>False if its SPI is 0 or already taken: SPIs are ours to choose, so choose another.</returns>
    public bool TryAdd(IEspInbound sa)
    {
        ArgumentNullException.ThrowIfNull(sa);
        if (sa.Spi == 0 || _current.Find(sa.Spi) is not null)
            return false;
        _current = new([.. _current.Sas, sa]);
        return true;
    }

    /// <summary>Takes an SA out. Writer only.</summary>
    /// <returns>The SA, for the caller to dispose; null if there is none.</returns>
    public IEspInbound? Remove(uint spi)
    {
        var sa = _current.Find(spi);
        if (sa is not null)
            _current = new([.. _current.Sas.Where(other => other != sa)]);
        return sa;
    }

    /// <summary>An immutable table: open addressing, at most half full.</summary>
    public sealed class Snapshot
    {
        private readonly uint[] _spis;
        private readonly IEspInbound?[] _slots;
        private readonly int _shift;

        internal Snapshot(IEspInbound[] sas)
        {
            Sas = sas;
            var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, 2 * sas.Length));
            _spis = new uint[size];
            _slots = new IEspInbound?[size];
            _shift = 32 - BitOperations.Log2(size);
            foreach (var sa in sas)
            {
                var at = Start(sa.Spi);
                while (_slots[at] is not null)
                    at = (at + 1) & (_spis.Length - 1);
                (_spis[at], _slots[at]) = (sa.Spi, sa);
            }
        }

        /// <summary>In the order of their installation.</summary>
        public IReadOnlyList<IEspInbound> Sas { get; }

        /// <summary>The SA of an SPI; null if there is none.</summary>
        public IEspInbound? Find(uint spi)
        {
            var spis = _spis;
            for (var at = Start(spi); ; at = (at + 1) & (spis.Length - 1))
            {
                if (spis[at] == spi)
                    return _slots[at];
                if (spis[at] == 0)
                    return null;
            }
        }

        // Multiplicative hashing by the golden ratio: our SPIs are random, but a test's may count.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private int Start(uint spi) => (int)((spi * 0x9E37_79B1u) >> _shift);
    }
}
