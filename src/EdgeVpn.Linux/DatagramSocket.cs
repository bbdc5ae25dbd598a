using System.Net;
using System.Runtime.CompilerServices;

namespace EdgeVpn.Linux;

/// <summary>IP_MTU_DISCOVER: who cares for fragments.</summary>
public enum MtuDiscover
{
    /// <summary>Never set DF; fragment as needed.</summary>
    Dont = 0,

    /// <summary>The route's choice.</summary>
    Want = 1,

    /// <summary>Always DF; EMSGSIZE above the known path MTU.</summary>
    Do = 2,

    /// <summary>Always DF, and ignore what is believed of the path MTU: for probing it.</summary>
    Probe = 3,

    /// <summary>Never DF, never believe in ICMP; fragment only above the interface's MTU. Safe against forged ICMP (kernel ≥ 3.14).</summary>
    Omit = 5,
}

/// <summary>What UDP and raw sockets have in common.</summary>
public sealed record DatagramSocketOptions
{
    /// <summary>Address and port to bind. For a raw socket the port is not looked at.</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>SO_MARK, for rules that keep this socket's packets out of the tunnels; zero: none.</summary>
    public uint Mark { get; init; }

    /// <summary>Wanted octets; beyond net.core.rmem_max with CAP_NET_ADMIN, else as much as allowed. Zero: the kernel's default.</summary>
    public int ReceiveBufferOctets { get; init; }

    public int SendBufferOctets { get; init; }

    public MtuDiscover MtuDiscover { get; init; } = MtuDiscover.Want;

    /// <summary>SO_REUSEPORT: several sockets share the port, the kernel spreads by flow.</summary>
    public bool ReusePort { get; init; }

    /// <summary>IP_FREEBIND: the address need not exist yet.</summary>
    public bool FreeBind { get; init; }

    /// <summary>SO_BINDTODEVICE: only through this interface.</summary>
    public string? Device { get; init; }

    /// <summary>Ask for ICMP errors (IP_RECVERR), to be taken with <see cref="DatagramSocket.TryTakeError"/>.</summary>
    /// <remarks>A send may then fail with an error that belongs to an earlier datagram; it is retried once.</remarks>
    public bool ReceiveErrors { get; init; }

    /// <summary>UDP_GRO, where the kernel has it.</summary>
    public bool Gro { get; init; } = true;

    /// <summary>UDP_SEGMENT, where the kernel has it. Off: runs go out as plain datagrams.</summary>
    public bool Gso { get; init; } = true;
}

/// <summary>A bound socket that keeps whole packets: addresses, traffic class and errors travel with each.</summary>
/// <remarks>One thread may receive while another sends. Sending from several threads is safe with a batch each.</remarks>
public abstract unsafe class DatagramSocket : IDisposable
{
    private readonly bool _isRaw;
    private readonly bool _skipIPv4Header;
    private readonly bool _receivesErrors;
    private volatile bool _gso;

    private protected DatagramSocket(DatagramSocketOptions options, int type, int protocol, string what)
    {
        var local = Sockaddr.From(options.Local);
        var domain = local.IsIPv6 ? Libc.AF_INET6 : Libc.AF_INET;
        var fd = Libc.socket(domain, type | Libc.SOCK_CLOEXEC, protocol);
        if (fd < 0) throw LinuxException.Last("socket", what);
        Handle = new Descriptor(fd);
        try
        {
            Configure(fd, options, local.IsIPv6, type == Libc.SOCK_RAW);
            Local = Bind(fd, local, type == Libc.SOCK_RAW, $"{what} {local}");
        }
        catch
        {
            Handle.Dispose();
            throw;
        }

        _receivesErrors = options.ReceiveErrors;
        _isRaw = type == Libc.SOCK_RAW;
        _skipIPv4Header = _isRaw && !local.IsIPv6;
        ReceiveBufferOctets = Libc.GetOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF) ?? 0;
    }

    /// <summary>For a <see cref="Poller"/>.</summary>
    public Descriptor Handle { get; }

    /// <summary>What it is bound to; the port is filled in if zero was asked for.</summary>
    public Sockaddr Local { get; }

    /// <summary>What the kernel granted (it counts its own overhead in).</summary>
    public int ReceiveBufferOctets { get; }

    /// <summary>Whether runs leave through UDP_SEGMENT. Turns false for good when a device on the way refuses.</summary>
    public bool IsSegmenting { get => _gso; private protected set => _gso = value; }

    /// <summary>Receives what is there, up to the batch's capacity.</summary>
    /// <param name="batch">Filled; its count is zero after an error.</param>
    /// <param name="wait">Block until at least one datagram is there.</param>
    /// <returns>Datagrams received; zero after <see cref="Shutdown"/>; EAGAIN when nothing is there and <paramref name="wait"/> is false.</returns>
    public IoResult Receive(ReceiveBatch batch, bool wait = true)
    {
        var result = batch.Receive(Handle.Number, wait ? Libc.MSG_WAITFORONE : Libc.MSG_DONTWAIT, Local, _skipIPv4Header);
        // After shutdown the kernel hands out empty messages from nowhere.
        if (result.IsOk && result.Count > 0 && batch[0].Octets.IsEmpty && batch[0].Remote.IsUnspecified) return IoResult.Ok(0);
        return result;
    }

    /// <summary>Sends what the batch holds from <see cref="SendBatch.Done"/> on, in order.</summary>
    /// <param name="batch">Not cleared: on EAGAIN send it again, else clear it.</param>
    /// <param name="wait">Block while the socket has no room.</param>
    public SendResult Send(SendBatch batch, bool wait = true)
    {
        var fd = Handle.Number;
        var flags = Libc.MSG_NOSIGNAL | (wait ? 0 : Libc.MSG_DONTWAIT);
        int sent = 0, refused = 0;
        var error = Errno.None;
        bool gaveUp = false, isRetry = false;
        if (_isRaw) batch.ClearPorts();
        while (batch.Done < batch.Count)
        {
            var failure = Errno.None;
            var result = -1;
            if (!_gso && batch.IsRun(batch.Done))
            {
                failure = SendPlainly(fd, batch, flags);
                result = failure == Errno.None ? 1 : -1;
            }
            else
            {
                result = Libc.sendmmsg(fd, batch.Messages + batch.Done, (uint)RunOfKind(batch), flags);
                if (result < 0) failure = Libc.LastErrno;
            }

            if (result > 0)
            {
                batch.Done += result;
                sent += result;
                isRetry = false;
                continue;
            }

            if (failure == Errno.EINTR) continue;
            if (failure == Errno.EAGAIN) return new SendResult(sent, refused, Errno.EAGAIN, gaveUp);
            if (_receivesErrors && !isRetry && IsLateNews(failure))
            {
                isRetry = true;
                continue;
            }

            if (_gso && batch.IsRun(batch.Done) && IsSegmentationRefused(failure))
            {
                // EIO: the device cannot finish checksums, or a transform is on the way; it will not change.
                // EINVAL and EMSGSIZE may only mean that this run's segments exceed the path MTU.
                if (failure == Errno.EIO) gaveUp = !(_gso = false);
                failure = SendPlainly(fd, batch, flags);
                if (failure == Errno.EAGAIN) return new SendResult(sent, refused, Errno.EAGAIN, gaveUp);
            }

            batch.Done++;
            if (failure == Errno.None)
            {
                sent++;
            }
            else
            {
                refused++;
                if (error == Errno.None) error = failure;
            }

            isRetry = false;
        }

        GC.KeepAlive(this);
        return new SendResult(sent, refused, error, gaveUp);
    }

    /// <summary>Changes who cares for fragments, for every datagram from now on, whichever thread sends it.</summary>
    public void SetMtuDiscover(MtuDiscover mode)
    {
        var (level, option, name) = Local.IsIPv6
            ? (Libc.SOL_IPV6, Libc.IPV6_MTU_DISCOVER, "IPV6_MTU_DISCOVER")
            : (Libc.SOL_IP, Libc.IP_MTU_DISCOVER, "IP_MTU_DISCOVER");
        Libc.SetOption(Handle.Number, level, option, (int)mode, name);
    }

    /// <summary>Wakes threads blocked in <see cref="Receive"/>; they get zero, now and from then on.</summary>
    public void Shutdown()
    {
        // An unconnected socket answers ENOTCONN, and yet wakes its readers.
        _ = Libc.shutdown(Handle.Number, 2);
    }

    /// <summary>Takes one pending ICMP error (needs <see cref="DatagramSocketOptions.ReceiveErrors"/>).</summary>
    public bool TryTakeError(out DatagramError error) => DatagramError.TryTake(Handle.Number, out error);

    public void Dispose()
    {
        Handle.Dispose();
        GC.SuppressFinalize(this);
    }

    // How many messages from Done on sendmmsg may take at once: all, unless runs must go plainly.
    private int RunOfKind(SendBatch batch)
    {
        if (_gso) return batch.Count - batch.Done;
        var count = 0;
        while (batch.Done + count < batch.Count && !batch.IsRun(batch.Done + count)) count++;
        return count;
    }

    // EAGAIN comes back only if nothing of the run went out; later the rest of the run is given up, as a full queue would.
    private static Errno SendPlainly(int fd, SendBatch batch, int flags)
    {
        var count = batch.LayOutPlain(batch.Done);
        for (var i = 0; i < count;)
        {
            var result = Libc.sendmmsg(fd, batch.PlainMessages + i, (uint)(count - i), flags);
            if (result > 0)
            {
                i += result;
                continue;
            }

            var failure = Libc.LastErrno;
            if (failure == Errno.EINTR) continue;
            return failure == Errno.EAGAIN && i > 0 ? Errno.ENOBUFS : failure;
        }

        return Errno.None;
    }

    private static bool IsSegmentationRefused(Errno error) => error is Errno.EIO or Errno.EINVAL or Errno.EMSGSIZE;

    private static bool IsLateNews(Errno error) =>
        error is Errno.ECONNREFUSED or Errno.EHOSTUNREACH or Errno.ENETUNREACH or Errno.EMSGSIZE or Errno.EPROTO or Errno.EACCES;

    private static void Configure(int fd, DatagramSocketOptions options, bool isIPv6, bool isRaw)
    {
        if (isIPv6)
        {
            // Raw sockets know one version only, and not the option.
            if (!isRaw) Libc.SetOption(fd, Libc.SOL_IPV6, Libc.IPV6_V6ONLY, 1, "IPV6_V6ONLY");
            Libc.SetOption(fd, Libc.SOL_IPV6, Libc.IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
            Libc.SetOption(fd, Libc.SOL_IPV6, Libc.IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS");
            Libc.SetOption(fd, Libc.SOL_IPV6, Libc.IPV6_MTU_DISCOVER, (int)options.MtuDiscover, "IPV6_MTU_DISCOVER");
            if (options.ReceiveErrors) Libc.SetOption(fd, Libc.SOL_IPV6, Libc.IPV6_RECVERR, 1, "IPV6_RECVERR");
            if (options.FreeBind) Libc.SetOption(fd, Libc.SOL_IPV6, Libc.IPV6_FREEBIND, 1, "IPV6_FREEBIND");
        }
        else
        {
            Libc.SetOption(fd, Libc.SOL_IP, Libc.IP_PKTINFO, 1, "IP_PKTINFO");
            Libc.SetOption(fd, Libc.SOL_IP, Libc.IP_RECVTOS, 1, "IP_RECVTOS");
            Libc.SetOption(fd, Libc.SOL_IP, Libc.IP_MTU_DISCOVER, (int)options.MtuDiscover, "IP_MTU_DISCOVER");
            if (options.ReceiveErrors) Libc.SetOption(fd, Libc.SOL_IP, Libc.IP_RECVERR, 1, "IP_RECVERR");
            if (options.FreeBind) Libc.SetOption(fd, Libc.SOL_IP, Libc.IP_FREEBIND, 1, "IP_FREEBIND");
        }

        if (options.Mark != 0) Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_MARK, (int)options.Mark, "SO_MARK");
        if (options.ReusePort) Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1, "SO_REUSEPORT");
        _ = Libc.TrySetOption(fd, Libc.SOL_SOCKET, Libc.SO_RXQ_OVFL, 1); // a counter less where it is missing
        SetBuffer(fd, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, options.ReceiveBufferOctets, "SO_RCVBUF");
        SetBuffer(fd, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, options.SendBufferOctets, "SO_SNDBUF");
        if (options.Device is { } device)
        {
            fixed (byte* name = Libc.CString(device))
            {
                if (Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_BINDTODEVICE, name, (uint)device.Length + 1) < 0)
                    throw LinuxException.Last("setsockopt", $"SO_BINDTODEVICE {device}");
            }
        }
    }

    private static void SetBuffer(int fd, int force, int plain, int octets, string name)
    {
        if (octets > 0 && !Libc.TrySetOption(fd, Libc.SOL_SOCKET, force, octets))
            Libc.SetOption(fd, Libc.SOL_SOCKET, plain, octets, name);
    }

    private static Sockaddr Bind(int fd, Sockaddr local, bool isRaw, string subject)
    {
        if (isRaw) local.Port = 0; // IPv6 refuses a port here
        if (Libc.bind(fd, &local, local.Length) < 0) throw LinuxException.Last("bind", subject);
        Sockaddr bound = default;
        var length = (uint)sizeof(Sockaddr);
        if (Libc.getsockname(fd, &bound, &length) < 0) throw LinuxException.Last("getsockname", subject);
        if (isRaw) bound.Port = 0; // IPv4 puts the protocol there
        return bound;
    }
}
