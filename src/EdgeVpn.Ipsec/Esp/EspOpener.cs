using System.Runtime.CompilerServices;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Opens ESP packets, tunnel mode, of one inbound SA (RFC 4303 §3.4).</summary>
/// <typeparam name="TAead">The cipher; a struct, so that its calls are direct.</typeparam>
public sealed class EspOpener<TAead> : IEspInbound
    where TAead : struct, IPacketAead
{
    private readonly EspSelectors _selectors;
    private readonly ReplayWindow _window;
    private readonly bool _extended;
    private readonly int _bodyOffset;
    private readonly int _blockMask;
    private readonly int _icvOctets;
    private readonly int _minOctets;
    private readonly ulong _maxCipherOctets;

    // Mutable structs: the cipher may keep state between packets, the gate does.
    private TAead _aead;
    private EspGate _gate;

    /// <param name="parameters">The SA; its secrets stay the caller's.</param>
    /// <param name="selectors">What may come out of it.</param>
    /// <param name="aead">The cipher under these keys; now owned by the opener.</param>
    /// <param name="provider">Who does the cryptography, for status.</param>
    public EspOpener(EspSaParameters parameters, EspSelectors selectors, TAead aead, string provider)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(selectors);
        if (!parameters.Suite.IsValid)
            throw new ArgumentException("The suite's sizes are unknown.", nameof(parameters));
        Spi = parameters.Spi;
        Suite = parameters.Suite;
        Provider = provider;
        Limits = LifetimeLimits.Of(Suite, parameters.ExtendedSequenceNumbers);
        _selectors = selectors;
        _aead = aead;
        _window = new ReplayWindow(parameters.ReplayWindow);
        _extended = parameters.ExtendedSequenceNumbers;
        _bodyOffset = Suite.BodyOffset;
        _blockMask = Suite.BlockOctets - 1;
        _icvOctets = Suite.IcvOctets;
        _minOctets = Suite.MinPacketOctets;
        _maxCipherOctets = Limits.HardOctets;
    }

    public uint Spi { get; }

    public EspSuite Suite { get; }

    public string Provider { get; }

    public SaUsage Usage { get; } = new();

    public LifetimeLimits Limits { get; }

    public ulong LastSequence => _window.Top;

    public EspRefusal Open(Span<byte> packet, out int innerOffset, out int innerOctets)
    {
        innerOffset = innerOctets = 0;
        if (!_gate.TryEnter())
            return EspRefusal.Retired;
        try
        {
            return OpenOne(packet, out innerOffset, out innerOctets);
        }
        finally
        {
            _gate.Leave();
        }
    }

    public int OpenRun(Span<byte> buffer, Span<EspSlot> slots)
    {
        var opened = 0;
        if (!_gate.TryEnter())
        {
            foreach (ref var slot in slots)
                (slot.InnerOffset, slot.InnerOctets, slot.Refusal) = (0, 0, EspRefusal.Retired);
            return 0;
        }

        try
        {
            foreach (ref var slot in slots)
            {
                slot.Refusal = OpenOne(buffer.Slice(slot.PacketOffset, slot.PacketOctets), out var offset, out var octets);
                (slot.InnerOffset, slot.InnerOctets) = (slot.PacketOffset + offset, octets);
                opened += slot.Refusal == EspRefusal.None ? 1 : 0;
            }
        }
        finally
        {
            _gate.Leave();
        }

        return opened;
    }

    public void Dispose()
    {
        if (_gate.Retire())
            _aead.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private EspRefusal OpenOne(Span<byte> packet, out int innerOffset, out int innerOctets)
    {
        innerOffset = innerOctets = 0;
        if (packet.Length < _minOctets || !EspHeader.TryRead(packet, out var header))
            return Usage.Count(EspRefusal.TooShort);
        if (header.Spi != Spi)
            return Usage.Count(EspRefusal.OtherSpi);
        var bodyOctets = packet.Length - _bodyOffset - _icvOctets;
        if ((bodyOctets & _blockMask) != 0)
            return Usage.Count(EspRefusal.Misaligned);

        var sequence = _extended ? SequenceNumber.Reconstruct(header.Sequence, _window.Top, _window.Packets) : header.Sequence;
        var replay = _window.Check(sequence);
        if (replay != EspRefusal.None)
            return Usage.Count(replay);
        if (Usage.CipherOctets + (uint)bodyOctets > _maxCipherOctets)
            return Usage.Count(EspRefusal.KeyExhausted);
        if (!_aead.TryOpen(packet, sequence))
            return Usage.Count(EspRefusal.IcvMismatch);

        _window.TryAccept(sequence);
        Usage.CountCipher(bodyOctets);
        return Deliver(packet.Slice(_bodyOffset, bodyOctets), out innerOffset, out innerOctets);
    }

    /// <summary>What is left to check once the peer itself is known to have sent the packet (RFC 4303 §3.4.4, RFC 4301 §5.2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private EspRefusal Deliver(ReadOnlySpan<byte> body, out int innerOffset, out int innerOctets)
    {
        innerOffset = _bodyOffset;
        innerOctets = 0;
        if (!EspTrailer.TryRead(body, out var payloadOctets, out var nextHeader))
            return Usage.Count(EspRefusal.BadPadding);
        if (nextHeader is not (EspTrailer.NextHeaderIPv4 or EspTrailer.NextHeaderIPv6))
            return Usage.Count(nextHeader == EspTrailer.NextHeaderDummy ? EspRefusal.Dummy : EspRefusal.NotTunnelMode);

        var payload = body[..payloadOctets];
        var total = InnerPacket.Measure(payload);
        var ipv6 = nextHeader == EspTrailer.NextHeaderIPv6;
        if (total < 0 || payload[0] >> 4 != (ipv6 ? 6 : 4))
            return Usage.Count(EspRefusal.BadInnerPacket);
        if (!_selectors.CoversAll(ipv6) && !(InnerPacket.TryParse(payload, out var inner) && _selectors.AllowsInbound(inner)))
            return Usage.Count(EspRefusal.OutsideSelectors);

        Usage.CountPacket(total);
        innerOctets = total;
        return EspRefusal.None;
    }
}
