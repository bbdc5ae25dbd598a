namespace EdgeVpn.Linux;

/// <summary>An error that came back for a datagram sent earlier (struct sock_extended_err).</summary>
/// <param name="Error">EMSGSIZE: too long for the path; ECONNREFUSED: nobody at the port; EHOSTUNREACH, ENETUNREACH …</param>
/// <param name="Mtu">For EMSGSIZE: the next hop's MTU, else zero. Unauthenticated: anyone on the way could have said so.</param>
/// <param name="Remote">Where the datagram was sent to.</param>
/// <param name="IsFromNetwork">An ICMP message said so; else this machine did.</param>
public readonly record struct DatagramError(Errno Error, int Mtu, Sockaddr Remote, bool IsFromNetwork)
{
    internal static unsafe bool TryTake(int fd, out DatagramError error)
    {
        error = default;
        var control = stackalloc byte[ControlMessage.ReceiveOctets * 2];
        byte start; // the datagram's own octets are not asked for
        Sockaddr name = default;
        var vector = new Libc.IoVector { Base = &start, Length = 1 };
        var message = new Libc.MessageHeader
        {
            Name = &name,
            NameLength = (uint)sizeof(Sockaddr),
            Vectors = &vector,
            VectorCount = 1,
            Control = control,
            ControlLength = ControlMessage.ReceiveOctets * 2,
        };
        if (Libc.recvmsg(fd, &message, Libc.MSG_ERRQUEUE | Libc.MSG_DONTWAIT) < 0) return false;
        nuint offset = 0;
        while (ControlMessage.TryNext(control, message.ControlLength, ref offset, out var level, out var type, out var data, out var octets))
        {
            // { u32 errno; u8 origin, type, code, pad; u32 info; u32 data; }, origin 1 local, 2 ICMP, 3 ICMPv6
            if ((level, type) is not ((Libc.SOL_IP, Libc.IP_RECVERR) or (Libc.SOL_IPV6, Libc.IPV6_RECVERR)) || octets < 16) continue;
            var errno = (Errno)(*(int*)data);
            error = new DatagramError(errno, errno == Errno.EMSGSIZE ? *(int*)(data + 8) : 0, name, data[4] is 2 or 3);
            return true;
        }

        return false;
    }
}
