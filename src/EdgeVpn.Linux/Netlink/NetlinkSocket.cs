using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Netlink;

/// <summary>A reply or notification: type and everything after the nlmsghdr.</summary>
internal readonly record struct NetlinkMessage(RtMessage Type, byte[] Body);

/// <summary>A NETLINK_ROUTE socket: asks, and waits for the answer. Belongs to the network namespace of the thread that made it.</summary>
/// <remarks>Safe for use from several threads; one exchange at a time.</remarks>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    private const int NETLINK_ROUTE = 0, NETLINK_ADD_MEMBERSHIP = 1, NETLINK_CAP_ACK = 10, NETLINK_EXT_ACK = 11, NETLINK_GET_STRICT_CHK = 12;
    private const ushort NLMSG_ERROR = 2, NLMSG_DONE = 3;
    private const int MaxDumpTries = 8;
    private const int AddressOctets = 12;

    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[65_536]; // dumps are cut to what the reader offers, at most 32 KiB
    private uint _sequence;

    public NetlinkSocket(bool receivesEvents = false)
    {
        var type = Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | (receivesEvents ? Libc.SOCK_NONBLOCK : 0);
        var fd = Libc.socket(Libc.AF_NETLINK, type, NETLINK_ROUTE);
        if (fd < 0) throw LinuxException.Last("socket", "NETLINK_ROUTE");
        Handle = new Descriptor(fd);
        // Error texts, answers without an echo of the question, and filters that work: each missing on some kernel, none needed.
        _ = Libc.TrySetOption(fd, Libc.SOL_NETLINK, NETLINK_EXT_ACK, 1);
        _ = Libc.TrySetOption(fd, Libc.SOL_NETLINK, NETLINK_CAP_ACK, 1);
        _ = Libc.TrySetOption(fd, Libc.SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    }

    public Descriptor Handle { get; }

    /// <summary>Gives the socket an address of its own: notifications pass over sockets without one, as they pass over who caused them.</summary>
    public void Bind()
    {
        var any = stackalloc byte[AddressOctets];
        WriteAddress(any);
        if (Libc.bind(Handle.Number, any, AddressOctets) < 0) throw LinuxException.Last("bind", "NETLINK_ROUTE");
    }

    public void Join(int group) => Libc.SetOption(Handle.Number, Libc.SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group, "NETLINK_ADD_MEMBERSHIP");

    /// <summary>Asks for a change, or for one thing.</summary>
    /// <returns>What was asked for, if anything.</returns>
    /// <exception cref="LinuxException">The kernel refused; the message carries its own words where it has some.</exception>
    public NetlinkMessage? Execute(NetlinkRequest request, string subject)
    {
        if (TryExecute(request, subject, out var reply) is { } error) throw error;
        return reply;
    }

    /// <summary>The same; a refusal is returned.</summary>
    public LinuxException? TryExecute(NetlinkRequest request, string subject, out NetlinkMessage? reply)
    {
        reply = null;
        lock (_gate)
        {
            var sequence = Send(request, subject);
            while (true)
            {
                var octets = Receive(request.Type.ToString(), subject);
                while (TryTake(ref octets, out var header, out var body))
                {
                    if (header.Sequence != sequence) continue; // of an exchange that failed half-way
                    if (header.Type == NLMSG_ERROR) return ReadError(request.Type, subject, header.Flags, body);
                    reply = new NetlinkMessage((RtMessage)header.Type, body.ToArray());
                }
            }
        }
    }

    /// <summary>Lists. If what is listed changed meanwhile, lists again.</summary>
    public List<NetlinkMessage> Dump(NetlinkRequest request)
    {
        lock (_gate)
        {
            for (var left = MaxDumpTries; left > 0; left--)
                if (TryDump(request) is { } all) return all;
        }

        throw new LinuxException(request.Type.ToString(), Errno.EAGAIN, "dump", "it changed while being listed, again and again");
    }

    /// <summary>Takes pending notifications without waiting.</summary>
    /// <returns>False if the kernel had to drop some: what was known must be listed again.</returns>
    public bool TakeEvents(List<NetlinkMessage> into)
    {
        lock (_gate)
        {
            while (true)
            {
                Span<byte> octets;
                fixed (byte* start = _buffer)
                {
                    var got = Libc.recv(Handle.Number, start, (nuint)_buffer.Length, Libc.MSG_DONTWAIT);
                    if (got < 0)
                    {
                        var error = Libc.LastErrno;
                        if (error == Errno.EINTR) continue;
                        if (error == Errno.EAGAIN) return true;
                        if (error == Errno.ENOBUFS) return false;
                        throw new LinuxException("recv", error, "NETLINK_ROUTE");
                    }

                    octets = _buffer.AsSpan(0, (int)got);
                }

                while (TryTake(ref octets, out var header, out var body)) into.Add(new NetlinkMessage((RtMessage)header.Type, body.ToArray()));
            }
        }
    }

    public void Dispose() => Handle.Dispose();

    private List<NetlinkMessage>? TryDump(NetlinkRequest request)
    {
        var sequence = Send(request, "dump");
        var all = new List<NetlinkMessage>();
        var isInterrupted = false;
        while (true)
        {
            var octets = Receive(request.Type.ToString(), "dump");
            while (TryTake(ref octets, out var header, out var body))
            {
                if (header.Sequence != sequence) continue;
                isInterrupted |= (header.Flags & NetlinkFlags.DumpInterrupted) != 0;
                switch (header.Type)
                {
                    case NLMSG_DONE:
                        var error = body.Length >= 4 ? (Errno)(-MemoryMarshal.Read<int>(body)) : Errno.None;
                        if (error != Errno.None) throw new LinuxException(request.Type.ToString(), error, "dump");
                        return isInterrupted ? null : all;
                    case NLMSG_ERROR:
                        throw ReadError(request.Type, "dump", header.Flags, body) ?? new LinuxException(request.Type.ToString(), Errno.EPROTO, "dump");
                    default:
                        all.Add(new NetlinkMessage((RtMessage)header.Type, body.ToArray()));
                        break;
                }
            }
        }
    }

    private uint Send(NetlinkRequest request, string subject)
    {
        var sequence = ++_sequence;
        fixed (byte* start = request.Finish(sequence))
        {
            var length = (nuint)MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(start, 4));
            var kernel = stackalloc byte[AddressOctets];
            WriteAddress(kernel);
            while (Libc.sendto(Handle.Number, start, length, 0, kernel, AddressOctets) < 0)
                if (Libc.LastErrno != Errno.EINTR) throw LinuxException.Last("sendto", $"{request.Type} {subject}");
        }

        return sequence;
    }

    // sockaddr_nl { u16 family; u16 pad; u32 port; u32 groups; }: port 0 is the kernel, or "choose one" in a bind
    private static void WriteAddress(byte* address)
    {
        new Span<byte>(address, AddressOctets).Clear();
        *(ushort*)address = Libc.AF_NETLINK;
    }

    private Span<byte> Receive(string call, string subject)
    {
        fixed (byte* start = _buffer)
        {
            nint got;
            do got = Libc.recv(Handle.Number, start, (nuint)_buffer.Length, 0);
            while (got < 0 && Libc.LastErrno == Errno.EINTR);
            if (got < 0) throw LinuxException.Last("recv", $"{call} {subject}");
            return _buffer.AsSpan(0, (int)got);
        }
    }

    private static bool TryTake(ref Span<byte> octets, out (ushort Type, NetlinkFlags Flags, uint Sequence) header, out Span<byte> body)
    {
        header = default;
        body = default;
        if (octets.Length < NetlinkRequest.HeaderOctets) return false;
        var length = MemoryMarshal.Read<int>(octets);
        if (length < NetlinkRequest.HeaderOctets || length > octets.Length) return false;
        header = (MemoryMarshal.Read<ushort>(octets[4..]), (NetlinkFlags)MemoryMarshal.Read<ushort>(octets[6..]), MemoryMarshal.Read<uint>(octets[8..]));
        body = octets[NetlinkRequest.HeaderOctets..length];
        octets = octets[Math.Min((length + 3) & ~3, octets.Length)..];
        return true;
    }

    // nlmsgerr { s32 error; nlmsghdr of the request; [the request, unless capped]; attributes }
    private static LinuxException? ReadError(RtMessage type, string subject, NetlinkFlags flags, ReadOnlySpan<byte> body)
    {
        const int attributesAt = 4 + NetlinkRequest.HeaderOctets;
        const ushort NLMSGERR_ATTR_MSG = 1;
        const NetlinkFlags NLM_F_CAPPED = (NetlinkFlags)0x100, NLM_F_ACK_TLVS = (NetlinkFlags)0x200;
        var error = body.Length >= 4 ? (Errno)(-MemoryMarshal.Read<int>(body)) : Errno.EPROTO;
        if (error == Errno.None) return null;
        string? text = null;
        if ((flags & NLM_F_ACK_TLVS) != 0 && body.Length > attributesAt)
        {
            var echoed = (flags & NLM_F_CAPPED) != 0 ? NetlinkRequest.HeaderOctets : (MemoryMarshal.Read<int>(body[4..]) + 3) & ~3;
            var attributes = new AttributeReader(body[Math.Min(4 + echoed, body.Length)..]);
            while (attributes.MoveNext())
                if (attributes.Type == NLMSGERR_ATTR_MSG) text = attributes.Text;
        }

        return new LinuxException(type.ToString(), error, subject, text);
    }
}
