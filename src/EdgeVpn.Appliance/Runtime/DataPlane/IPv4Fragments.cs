using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Cuts an IPv4 packet without DF into fragments that fit (RFC 791 §3.2), before encryption: the peer then delivers them as they are.</summary>
/// <remarks>Only packets without options, which would have to be copied or left out one by one. A fragment may be cut further.</remarks>
internal ref struct IPv4Fragments
{
    private const int HeaderOctets = 20;
    private const int MoreFragments = 0x2000;
    private const int DontFragment = 0x4000;
    private const int OffsetMask = 0x1fff;

    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _payloadOctets; // of every fragment but the last; a multiple of 8
    private int _at;

    private IPv4Fragments(ReadOnlySpan<byte> packet, int payloadOctets)
    {
        _packet = packet;
        _payloadOctets = payloadOctets;
        _at = HeaderOctets;
    }

    /// <param name="packet">An IP packet whose header was found whole, and nothing behind it.</param>
    /// <param name="mtu">Octets that each fragment may have.</param>
    /// <param name="fragments">Ready to write them.</param>
    /// <returns>False if it must not or cannot be fragmented: DF, IPv6, options, a fragment that ends beyond 64 KiB, or an MTU without room for 8 octets.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> packet, int mtu, out IPv4Fragments fragments)
    {
        var payload = (mtu - HeaderOctets) & ~7;
        fragments = new IPv4Fragments(packet, payload);
        if (packet[0] != 0x45 || payload <= 0) return false;
        var flagsAndOffset = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        var endsWithin = ((flagsAndOffset & OffsetMask) * 8) + packet.Length <= ushort.MaxValue; // else the last offset would not fit its field
        return (flagsAndOffset & DontFragment) == 0 && endsWithin;
    }

    /// <summary>Writes the next fragment to the start of <paramref name="destination"/>; zero after the last.</summary>
    public int WriteNext(Span<byte> destination)
    {
        var octets = Math.Min(_payloadOctets, _packet.Length - _at);
        if (octets <= 0) return 0;
        var fragment = destination[..(HeaderOctets + octets)];
        _packet[..HeaderOctets].CopyTo(fragment);
        _packet.Slice(_at, octets).CopyTo(fragment[HeaderOctets..]);

        var flagsAndOffset = BinaryPrimitives.ReadUInt16BigEndian(_packet[6..]);
        var offset = (flagsAndOffset & OffsetMask) + ((_at - HeaderOctets) / 8);
        var more = _at + octets < _packet.Length ? MoreFragments : flagsAndOffset & MoreFragments;
        BinaryPrimitives.WriteUInt16BigEndian(fragment[2..], (ushort)fragment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(fragment[6..], (ushort)(more | offset));
        fragment.Slice(10, 2).Clear();
        var sum = (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(fragment[..HeaderOctets]));
        MemoryMarshal.Write(fragment[10..], in sum);
        _at += octets;
        return fragment.Length;
    }
}
