using System.Runtime.CompilerServices;

namespace EdgeVpn.Linux;

/// <summary>struct cmsghdr { size_t len; int level; int type; } then data, padded to 8 octets (cmsg(3) on a 64-bit machine).</summary>
internal static unsafe class ControlMessage
{
    public const int HeaderOctets = 16;

    /// <summary>Room for IPV6_PKTINFO (40), traffic class (24) and UDP_SEGMENT (24).</summary>
    public const int SendOctets = 96;

    /// <summary>Room for IPV6_PKTINFO (40), traffic class (24), UDP_GRO (24) and SO_RXQ_OVFL (24), or for an error queue entry.</summary>
    public const int ReceiveOctets = 128;

    /// <summary>Appends a message; the caller fills its data.</summary>
    public static byte* Append(byte* control, ref nuint used, int level, int type, int dataOctets)
    {
        var at = control + used;
        *(nuint*)at = (nuint)(HeaderOctets + dataOctets);
        *(int*)(at + 8) = level;
        *(int*)(at + 12) = type;
        used += (nuint)Align(HeaderOctets + dataOctets);
        return at + HeaderOctets;
    }

    /// <summary>Steps through what the kernel wrote. Starts with <paramref name="offset"/> = 0.</summary>
    public static bool TryNext(byte* control, nuint length, ref nuint offset, out int level, out int type, out byte* data, out int dataOctets)
    {
        if (offset + HeaderOctets <= length)
        {
            var at = control + offset;
            var octets = *(nuint*)at;
            if (octets >= HeaderOctets && octets <= length - offset)
            {
                level = *(int*)(at + 8);
                type = *(int*)(at + 12);
                data = at + HeaderOctets;
                dataOctets = (int)octets - HeaderOctets;
                offset += (nuint)Align((int)octets);
                return true;
            }
        }

        level = type = dataOctets = 0;
        data = null;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Align(int octets) => (octets + 7) & ~7;
}
