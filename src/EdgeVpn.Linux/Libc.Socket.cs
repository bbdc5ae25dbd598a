using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16;
    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;

    public const int SOL_IP = 0, SOL_SOCKET = 1, SOL_UDP = 17, SOL_IPV6 = 41, SOL_NETLINK = 270;

    public const int SO_SNDBUF = 7, SO_RCVBUF = 8, SO_REUSEPORT = 15, SO_PEERCRED = 17, SO_BINDTODEVICE = 25,
        SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33, SO_MARK = 36, SO_RXQ_OVFL = 40;

    public const int IP_TOS = 1, IP_PKTINFO = 8, IP_MTU_DISCOVER = 10, IP_RECVERR = 11, IP_RECVTOS = 13, IP_FREEBIND = 15;

    public const int IPV6_MTU_DISCOVER = 23, IPV6_RECVERR = 25, IPV6_V6ONLY = 26, IPV6_RECVPKTINFO = 49, IPV6_PKTINFO = 50,
        IPV6_RECVTCLASS = 66, IPV6_TCLASS = 67, IPV6_FREEBIND = 78;

    public const int UDP_SEGMENT = 103, UDP_GRO = 104;

    public const int MSG_CTRUNC = 0x08, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000,
        MSG_WAITFORONE = 0x10000;

    [LibraryImport(Name, SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int bind(int fd, void* address, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int getsockname(int fd, void* address, uint* length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int shutdown(int fd, int how);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint recv(int fd, void* buffer, nuint count, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint sendto(int fd, void* buffer, nuint count, int flags, void* address, uint length);

    [LibraryImport(Name, SetLastError = true)]
    public static partial nint recvmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int recvmmsg(int fd, MultiMessageHeader* messages, uint count, int flags, TimeSpec* timeout);

    [LibraryImport(Name, SetLastError = true)]
    public static partial int sendmmsg(int fd, MultiMessageHeader* messages, uint count, int flags);

    /// <summary>struct msghdr; the compiler pads it as C does (56 octets).</summary>
    public struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct mmsghdr (64 octets).</summary>
    public struct MultiMessageHeader
    {
        public MessageHeader Header;
        public uint Length;
    }

    public static bool TrySetOption(int fd, int level, int option, int value) =>
        setsockopt(fd, level, option, &value, sizeof(int)) == 0;

    public static void SetOption(int fd, int level, int option, int value, string name)
    {
        if (!TrySetOption(fd, level, option, value)) throw LinuxException.Last("setsockopt", name);
    }

    /// <summary>Null if the kernel does not know the option.</summary>
    public static int? GetOption(int fd, int level, int option)
    {
        int value = 0;
        uint length = sizeof(int);
        return getsockopt(fd, level, option, &value, &length) == 0 ? value : null;
    }
}
