using System.Buffers.Binary;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Benchmarks.Micro;

/// <summary>Both directions of an SA, packets to seal, and sealed ones that may be opened again and again (its replay window is off).</summary>
internal sealed class Packets : IDisposable
{
    private readonly IEspOutbound _outbound;
    private readonly IEspInbound _inbound;
    private readonly byte[] _inner;
    private readonly byte[] _sealed;
    private readonly byte[] _scratch;
    private readonly EspSlot[] _slots;
    private readonly int _stride;

    public Packets(EspSuite suite, IEspProvider provider, int octets, int run)
    {
        IEntropy entropy = new KernelEntropy();
        using var key = new Secret(entropy.Octets(suite.EncryptionKeyOctets));
        using var integrity = new Secret(entropy.Octets(suite.IntegrityKeyOctets));
        var parameters = new EspSaParameters(0x1001, suite, key, integrity, ExtendedSequenceNumbers: true, ReplayWindow: 0);
        _outbound = provider.Outbound(parameters, entropy);
        // Selectors that have to be looked at, as a branch's would.
        var branch = TrafficSelector.Prefix(new IpAddress(0x0A0A_0000, false), 24);
        var cloud = TrafficSelector.Prefix(new IpAddress(0x0A14_0000, false), 24);
        _inbound = provider.Inbound(parameters, new EspSelectors([cloud], [branch]));
        _stride = suite.SealedOctets(octets);
        _inner = new byte[octets * run];
        _sealed = new byte[_stride * run];
        _scratch = new byte[_sealed.Length];
        _slots = new EspSlot[run];
        for (var i = 0; i < run; i++)
        {
            Header(_inner.AsSpan(octets * i, octets));
            _slots[i] = new EspSlot { InnerOffset = octets * i, InnerOctets = octets, PacketOffset = _stride * i };
        }

        if (SealRun() != run || OpenRun() != run) throw new InvalidOperationException($"{suite} by {provider.Name} does not open what it sealed.");
    }

    public EspRefusal SealOne() => _outbound.Seal(_inner, _sealed, out _);

    public EspRefusal OpenOne()
    {
        _sealed.CopyTo(_scratch, 0);
        return _inbound.Open(_scratch, out _, out _);
    }

    public int SealRun() => _outbound.SealRun(_inner, _sealed, _slots);

    public int OpenRun()
    {
        _sealed.CopyTo(_scratch, 0);
        for (var i = 0; i < _slots.Length; i++) _slots[i].PacketOctets = _stride;
        var opened = _inbound.OpenRun(_scratch, _slots);
        var octets = _inner.Length / _slots.Length;
        for (var i = 0; i < _slots.Length; i++) (_slots[i].InnerOffset, _slots[i].InnerOctets) = (octets * i, octets);
        return opened;
    }

    public void Dispose()
    {
        _outbound.Dispose();
        _inbound.Dispose();
    }

    /// <summary>IPv4, UDP, 10.10.0.1:4000 to 10.20.0.1:53.</summary>
    internal static void Header(Span<byte> packet)
    {
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        (packet[8], packet[9]) = (64, 17);
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], 0x0A0A_0001);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], 0x0A14_0001);
        BinaryPrimitives.WriteUInt16BigEndian(packet[20..], 4000);
        BinaryPrimitives.WriteUInt16BigEndian(packet[22..], 53);
        BinaryPrimitives.WriteUInt16BigEndian(packet[24..], (ushort)(packet.Length - 20));
    }
}
