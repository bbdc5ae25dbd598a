using System.Runtime.CompilerServices;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Seals IP packets into ESP, tunnel mode, under one outbound SA (RFC 4303 §3.3).</summary>
/// <typeparam name="TAead">The cipher; a struct, so that its calls are direct.</typeparam>
/// <remarks>Numbering begins at 1 and a number is spent before its packet is sealed, so a counter-mode IV, which is the number, cannot repeat
/// under this key; see <see cref="EspSaParameters"/> on restarts.</remarks>
public sealed class EspSealer<TAead> : IEspOutbound
    where TAead : struct, IPacketAead
{
    private readonly int _bodyOffset;
    private readonly int _blockMask;
    private readonly int _icvOctets;
    private readonly ulong _maxSequence;
    private readonly ulong _maxCipherOctets;

    // Mutable structs: the cipher may keep state between packets, the gate does.
    private TAead _aead;
    private EspGate _gate;
    private ulong _sequence;

    /// <param name="parameters">The SA; its secrets stay the caller's.</param>
    /// <param name="aead">The cipher under these keys; now owned by the sealer.</param>
    /// <param name="provider">Who does the cryptography, for status.</param>
    public EspSealer(EspSaParameters parameters, TAead aead, string provider)
        : this(parameters, aead, provider, lastSequence: 0)
    {
    }

    /// <summary>A sealer late in its life: for tests of its end. Nobody else may begin anywhere but at 1.</summary>
    internal EspSealer(EspSaParameters parameters, TAead aead, string provider, ulong lastSequence)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!parameters.Suite.IsValid)
            throw new ArgumentException("The suite's sizes are unknown.", nameof(parameters));
        Spi = parameters.Spi;
        Suite = parameters.Suite;
        Provider = provider;
        Limits = LifetimeLimits.Of(Suite, parameters.ExtendedSequenceNumbers);
        _aead = aead;
        _sequence = lastSequence;
        _bodyOffset = Suite.BodyOffset;
        _blockMask = Suite.BlockOctets - 1;
        _icvOctets = Suite.IcvOctets;
        _maxSequence = Limits.HardPackets;
        _maxCipherOctets = Limits.HardOctets;
    }

    public uint Spi { get; }

    public EspSuite Suite { get; }

    public string Provider { get; }

    public SaUsage Usage { get; } = new();

    public LifetimeLimits Limits { get; }

    public ulong LastSequence => Volatile.Read(ref _sequence);

    public EspRefusal Seal(ReadOnlySpan<byte> inner, Span<byte> destination, out int written)
    {
        written = 0;
        if (!_gate.TryEnter())
            return EspRefusal.Retired;
        try
        {
            return SealOne(inner, destination, out written);
        }
        finally
        {
            _gate.Leave();
        }
    }

    public int SealRun(ReadOnlySpan<byte> source, Span<byte> destination, Span<EspSlot> slots)
    {
        var sealedPackets = 0;
        if (!_gate.TryEnter())
        {
            foreach (ref var slot in slots)
                (slot.PacketOctets, slot.Refusal) = (0, EspRefusal.Retired);
            return 0;
        }

        try
        {
            foreach (ref var slot in slots)
            {
                slot.Refusal = SealOne(
                    source.Slice(slot.InnerOffset, slot.InnerOctets), destination[slot.PacketOffset..], out var written);
                slot.PacketOctets = written;
                sealedPackets += slot.Refusal == EspRefusal.None ? 1 : 0;
            }
        }
        finally
        {
            _gate.Leave();
        }

        return sealedPackets;
    }

    public void Dispose()
    {
        if (_gate.Retire())
            _aead.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private EspRefusal SealOne(ReadOnlySpan<byte> inner, Span<byte> destination, out int written)
    {
        written = 0;
        var version = inner.IsEmpty ? 0 : inner[0] >> 4;
        if (version is not (4 or 6))
            return Usage.Count(EspRefusal.NotIp);

        var body = (inner.Length + EspSuite.TrailerOctets + _blockMask) & ~_blockMask;
        var total = _bodyOffset + body + _icvOctets;
        if (destination.Length < total)
            return Usage.Count(EspRefusal.NoRoom);
        if (_sequence >= _maxSequence)
            return Usage.Count(EspRefusal.SequenceExhausted);
        if (Usage.CipherOctets + (uint)body > _maxCipherOctets)
            return Usage.Count(EspRefusal.KeyExhausted);

        var sequence = _sequence + 1;
        Volatile.Write(ref _sequence, sequence);
        var packet = destination[..total];
        new EspHeader(Spi, (uint)sequence).Write(packet);
        EspTrailer.Write(
            packet[(_bodyOffset + inner.Length)..^_icvOctets],
            version == 4 ? EspTrailer.NextHeaderIPv4 : EspTrailer.NextHeaderIPv6);
        _aead.Seal(packet, inner, sequence);

        Usage.CountCipher(body);
        Usage.CountPacket(inner.Length);
        written = total;
        return EspRefusal.None;
    }
}
