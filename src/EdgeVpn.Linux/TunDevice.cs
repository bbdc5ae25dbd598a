using System.Text;

namespace EdgeVpn.Linux;

/// <summary>TUN_F_*: what the kernel may leave to us on what we read, and what we may leave to it on what we write.</summary>
[Flags]
public enum TunOffload
{
    None = 0,
    Checksum = 0x01,
    Tso4 = 0x02,
    Tso6 = 0x04,
    TsoEcn = 0x08,
    Uso4 = 0x20,
    Uso6 = 0x40,

    Tso = Checksum | Tso4 | Tso6 | TsoEcn,

    /// <summary>Segmentation of UDP too: kernel ≥ 6.2.</summary>
    All = Tso | Uso4 | Uso6,
}

/// <summary>One queue of a TUN interface whose packets carry a <see cref="VirtioNetHeader"/>. The interface goes when its last queue is closed.</summary>
/// <remarks>One thread reads while another writes. Writes fail (EIO) until the interface is up.</remarks>
public sealed unsafe class TunDevice : IDisposable
{
    /// <summary>Enough for header and super-packet.</summary>
    public const int ReadBufferOctets = VirtioNetHeader.Size + 65_536;

    private const nuint TUNSETIFF = 0x400454ca, TUNSETPERSIST = 0x400454cb, TUNSETOFFLOAD = 0x400454d0, TUNSETVNETHDRSZ = 0x400454d8;
    private const ushort IFF_TUN = 0x0001, IFF_MULTI_QUEUE = 0x0100, IFF_NO_PI = 0x1000, IFF_VNET_HDR = 0x4000;
    private const int InterfaceNameOctets = 16, InterfaceRequestOctets = 40;
    private const int RWF_NOWAIT = 8;

    private readonly bool _isMultiQueue;
    private volatile bool _hasNoWait = true;
    private int _joins;

    private TunDevice(Descriptor handle, string name, TunOffload offload, bool isMultiQueue)
    {
        Handle = handle;
        Name = name;
        Offload = offload;
        _joins = (int)offload;
        _isMultiQueue = isMultiQueue;
    }

    /// <summary>For a <see cref="Poller"/>.</summary>
    public Descriptor Handle { get; }

    /// <summary>The interface's name, chosen by the kernel where the asked one held "%d".</summary>
    public string Name { get; }

    /// <summary>What this kernel agreed to.</summary>
    public TunOffload Offload { get; }

    /// <summary>What may be written joined: what the kernel agreed to, less what it refused when it came.</summary>
    public TunOffload Joins => (TunOffload)Volatile.Read(ref _joins);

    /// <summary>Whether this kernel has TUN devices, as far as the file tells.</summary>
    public static bool IsOffered => File.Exists("/dev/net/tun");

    /// <summary>Makes the interface, or takes an existing one of that name.</summary>
    /// <param name="name">At most 15 octets.</param>
    /// <param name="offload">The most to ask for; what the kernel does not know is left out.</param>
    /// <param name="multiQueue">Whether <see cref="OpenQueue"/> may add queues.</param>
    /// <exception cref="LinuxException">No /dev/net/tun, no privilege, or the name is another kind of interface.</exception>
    public static TunDevice Open(string name, TunOffload offload = TunOffload.All, bool multiQueue = false)
    {
        var (handle, actual) = Attach(name, multiQueue);
        try
        {
            var fd = handle.Number;
            var size = VirtioNetHeader.Size;
            if (Libc.ioctl(fd, TUNSETVNETHDRSZ, &size) < 0) throw LinuxException.Last("ioctl", "TUNSETVNETHDRSZ");
            if (Libc.ioctl_value(fd, TUNSETPERSIST, 0) < 0) throw LinuxException.Last("ioctl", "TUNSETPERSIST");
            return new TunDevice(handle, actual, Agree(fd, offload), multiQueue);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Another queue of this interface; flows are spread over them.</summary>
    public TunDevice OpenQueue()
    {
        if (!_isMultiQueue) throw new InvalidOperationException($"{Name} was not opened with several queues.");
        var (handle, name) = Attach(Name, multiQueue: true);
        return new TunDevice(handle, name, Offload, isMultiQueue: true); // offloads belong to the interface
    }

    /// <summary>Reads header and packet; blocks until there is one.</summary>
    /// <returns>Octets, at least <see cref="VirtioNetHeader.Size"/>; EBADFD, EFAULT or EIO once the interface is gone.</returns>
    public IoResult Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint got;
            do got = Libc.read(Handle.Number, start, (nuint)buffer.Length);
            while (got < 0 && Libc.LastErrno == Errno.EINTR);
            GC.KeepAlive(this);
            return got >= 0 ? IoResult.Ok((int)got) : IoResult.Failed(Libc.LastErrno);
        }
    }

    /// <summary>The same, but EAGAIN if no packet is there.</summary>
    public IoResult TryRead(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (_hasNoWait)
            {
                var vector = new Libc.IoVector { Base = start, Length = (nuint)buffer.Length };
                var got = Libc.preadv2(Handle.Number, &vector, 1, -1, RWF_NOWAIT);
                if (got >= 0) return IoResult.Ok((int)got);
                var error = Libc.LastErrno;
                if (error == Errno.EINTR) continue;
                if (error != Errno.EOPNOTSUPP) return IoResult.Failed(error);
                _hasNoWait = false; // before kernel 5.9
            }

            // One reader per queue: what poll has seen stays there for the read.
            return Poller.IsReadable(Handle) ? Read(buffer) : IoResult.Failed(Errno.EAGAIN);
        }
    }

    /// <summary>Writes header and packet that stand together.</summary>
    public IoResult Write(ReadOnlySpan<byte> headerAndPacket)
    {
        fixed (byte* start = headerAndPacket)
        {
            var put = Libc.write(Handle.Number, start, (nuint)headerAndPacket.Length);
            GC.KeepAlive(this);
            return put >= 0 ? IoResult.Ok((int)put) : IoResult.Failed(Libc.LastErrno);
        }
    }

    /// <summary>Writes a packet behind a header that stands elsewhere.</summary>
    public IoResult Write(in VirtioNetHeader header, ReadOnlySpan<byte> packet)
    {
        fixed (VirtioNetHeader* head = &header)
        fixed (byte* start = packet)
        {
            var vectors = stackalloc Libc.IoVector[2];
            vectors[0] = new Libc.IoVector { Base = head, Length = VirtioNetHeader.Size };
            vectors[1] = new Libc.IoVector { Base = start, Length = (nuint)packet.Length };
            return Write(vectors, 2);
        }
    }

    /// <summary>Writes one packet without offloads.</summary>
    public IoResult WritePacket(ReadOnlySpan<byte> packet) => Write(default(VirtioNetHeader), packet);

    public void Dispose() => Handle.Dispose();

    /// <summary>Nothing of this kind is to be written joined from now on; any thread.</summary>
    /// <returns>True for the first who says so.</returns>
    internal bool GiveUpJoining(TunOffload kind) => ((TunOffload)Interlocked.And(ref _joins, ~(int)kind) & kind) != 0;

    internal IoResult Write(Libc.IoVector* vectors, int count)
    {
        var put = Libc.writev(Handle.Number, vectors, count);
        GC.KeepAlive(this);
        return put >= 0 ? IoResult.Ok((int)put) : IoResult.Failed(Libc.LastErrno);
    }

    private static (Descriptor Handle, string Name) Attach(string name, bool multiQueue)
    {
        if (Encoding.UTF8.GetByteCount(name) >= InterfaceNameOctets) throw new ArgumentException("An interface name has at most 15 octets.", nameof(name));
        int fd;
        fixed (byte* path = "/dev/net/tun\0"u8) fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (fd < 0) throw LinuxException.Last("open", "/dev/net/tun");
        var handle = new Descriptor(fd);
        var request = stackalloc byte[InterfaceRequestOctets]; // struct ifreq { char name[16]; short flags; … }
        new Span<byte>(request, InterfaceRequestOctets).Clear();
        Encoding.UTF8.GetBytes(name, new Span<byte>(request, InterfaceNameOctets));
        *(ushort*)(request + InterfaceNameOctets) = (ushort)(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | (multiQueue ? IFF_MULTI_QUEUE : 0));
        if (Libc.ioctl(fd, TUNSETIFF, request) < 0)
        {
            var error = LinuxException.Last("ioctl", $"TUNSETIFF {name}");
            handle.Dispose();
            throw error;
        }

        var actual = new ReadOnlySpan<byte>(request, InterfaceNameOctets);
        return (handle, Encoding.UTF8.GetString(actual[..actual.IndexOf((byte)0)]));
    }

    private static TunOffload Agree(int fd, TunOffload wanted)
    {
        foreach (var offload in (ReadOnlySpan<TunOffload>)[wanted, wanted & TunOffload.Tso, wanted & TunOffload.Checksum, TunOffload.None])
            if (Libc.ioctl_value(fd, TUNSETOFFLOAD, (nuint)offload) == 0) return offload;
        throw LinuxException.Last("ioctl", "TUNSETOFFLOAD");
    }
}
