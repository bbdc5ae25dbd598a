using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Control;

/// <summary>One ICMP echo of our own making: out of a given interface, or of a given size and never in fragments. Needs CAP_NET_RAW.</summary>
/// <remarks>
/// <code>
///   type 8 (128 in ICMPv6) │ code 0 │ checksum │ identifier │ sequence │ 8 random octets │ zeros      RFC 792, RFC 4443 §4.1
/// </code>
/// Without IKE's mark: what bears that is not tracked, and an answer to what is not tracked does not pass the WAN's filter.
/// The random octets tell our answer from everybody else's, which a raw socket hears too.
/// </remarks>
internal static class RawEcho
{
    private const int SolSocket = 1, SoBindToDevice = 25; // <asm-generic/socket.h>
    private const int SolIp = 0, IpMtuDiscover = 10, SolIpv6 = 41, Ipv6MtuDiscover = 23, PmtuDiscProbe = 3; // <linux/in.h>, <linux/in6.h>
    private const int HeaderOctets = 8, CookieOctets = 8;
    private const int Ipv4Header = 20, Ipv6Header = 40, MostIpv4Header = 60, LeastBuffer = 1_500;
    private const byte Request4 = 8, Reply4 = 0, Request6 = 128, Reply6 = 129;
    private const byte Unreachable4 = 3, FragmentationNeeded = 4, TooBig6 = 2;

    /// <param name="host">Whom to ask.</param>
    /// <param name="interfaceName">What the question leaves by.</param>
    /// <param name="enough">Ends the wait for an answer.</param>
    /// <returns>False: nothing came until <paramref name="enough"/>.</returns>
    /// <exception cref="SocketException">There is no way there.</exception>
    public static async Task<bool> AskAsync(IPAddress host, string interfaceName, CancellationToken enough)
    {
        using var socket = Open(host);
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(interfaceName + '\0'));
        return await AskAsync(socket, host, HeaderOctets + CookieOctets, enough).ConfigureAwait(false);
    }

    /// <summary>Asks with a packet that nobody may fragment, ourselves included, whatever this machine believes of the way: only what comes back counts.</summary>
    /// <param name="host">Whom to ask.</param>
    /// <param name="packetOctets">Of the question, and so of the answer: IP header included.</param>
    /// <param name="enough">Ends the wait for an answer.</param>
    /// <returns>False: nothing came until <paramref name="enough"/>, or someone on the way says that it is too long.</returns>
    /// <exception cref="SocketException">It is longer than the interface takes, or there is no way there.</exception>
    public static async Task<bool> AskWholeAsync(IPAddress host, int packetOctets, CancellationToken enough)
    {
        var isIPv6 = host.AddressFamily == AddressFamily.InterNetworkV6;
        using var socket = Open(host);
        socket.SetRawSocketOption(isIPv6 ? SolIpv6 : SolIp, isIPv6 ? Ipv6MtuDiscover : IpMtuDiscover, BitConverter.GetBytes(PmtuDiscProbe));
        return await AskAsync(socket, host, packetOctets - (isIPv6 ? Ipv6Header : Ipv4Header), enough).ConfigureAwait(false);
    }

    private static Socket Open(IPAddress host) =>
        new(host.AddressFamily, SocketType.Raw, host.AddressFamily == AddressFamily.InterNetworkV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);

    private static async Task<bool> AskAsync(Socket socket, IPAddress host, int octets, CancellationToken enough)
    {
        var isIPv6 = host.AddressFamily == AddressFamily.InterNetworkV6;
        var question = Question(octets, isIPv6);
        var buffer = new byte[Math.Max(LeastBuffer, MostIpv4Header + octets)]; // what is longer is cut, and nobody's answer to us
        try
        {
            await socket.SendToAsync(question, SocketFlags.None, new IPEndPoint(host, 0), enough).ConfigureAwait(false);
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0), enough).ConfigureAwait(false);
                var message = Message(buffer.AsSpan(0, received.ReceivedBytes), isIPv6);
                if (((IPEndPoint)received.RemoteEndPoint).Address.Equals(host) && IsAnswer(message, isIPv6, question)) return true;
                if (IsTooLong(message, isIPv6, question)) return false;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static byte[] Question(int length, bool isIPv6)
    {
        var octets = new byte[length];
        octets[0] = isIPv6 ? Request6 : Request4;
        RandomNumberGenerator.Fill(octets.AsSpan(4, HeaderOctets - 4 + CookieOctets)); // identifier and sequence matter to nobody but us
        if (!isIPv6) BitConverter.TryWriteBytes(octets.AsSpan(2), (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(octets))); // of ICMPv6 the kernel makes it (RFC 3542 §3.1)
        return octets;
    }

    // Raw IPv4 comes with its header.
    private static ReadOnlySpan<byte> Message(ReadOnlySpan<byte> packet, bool isIPv6)
    {
        if (isIPv6 || packet.IsEmpty) return packet;
        var header = (packet[0] & 0x0f) * 4;
        return packet.Length < header ? default : packet[header..];
    }

    private static bool IsAnswer(ReadOnlySpan<byte> message, bool isIPv6, ReadOnlySpan<byte> question) =>
        message.Length == question.Length && message[0] == (isIPv6 ? Reply6 : Reply4) && message[HeaderOctets..].SequenceEqual(question[HeaderOctets..]);

    // From whoever it comes: identifier and sequence were drawn for this one question, and stand in what even the shortest error quotes (RFC 792, RFC 4443 §3.2).
    private static bool IsTooLong(ReadOnlySpan<byte> message, bool isIPv6, ReadOnlySpan<byte> question)
    {
        if (message.Length <= HeaderOctets || (isIPv6 ? message[0] != TooBig6 : message[0] != Unreachable4 || message[1] != FragmentationNeeded)) return false;
        var quoted = message[HeaderOctets..];
        quoted = isIPv6 ? quoted[Math.Min(Ipv6Header, quoted.Length)..] : Message(quoted, isIPv6: false);
        return quoted.Length >= HeaderOctets && quoted[0] == question[0] && BinaryPrimitives.ReadUInt32BigEndian(quoted[4..]) == BinaryPrimitives.ReadUInt32BigEndian(question[4..]);
    }
}
