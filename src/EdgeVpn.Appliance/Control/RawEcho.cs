using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Control;

/// <summary>One ICMP echo that leaves by a given interface. Needs CAP_NET_RAW.</summary>
/// <remarks>
/// <code>
///   type 8 (128 in ICMPv6) │ code 0 │ checksum │ identifier │ sequence │ 8 random octets      RFC 792, RFC 4443 §4.1
/// </code>
/// Without IKE's mark: what bears that is not tracked, and an answer to what is not tracked does not pass the WAN's filter.
/// The random octets tell our answer from everybody else's, which a raw socket hears too.
/// </remarks>
internal static class RawEcho
{
    private const int SolSocket = 1; // <asm-generic/socket.h>
    private const int SoBindToDevice = 25;
    private const int HeaderOctets = 8;
    private const int CookieOctets = 8;
    private const byte Request4 = 8, Reply4 = 0, Request6 = 128, Reply6 = 129;

    /// <returns>False: nothing came until <paramref name="enough"/>.</returns>
    /// <exception cref="SocketException">There is no way there.</exception>
    public static async Task<bool> AskAsync(IPAddress host, string interfaceName, CancellationToken enough)
    {
        var isIPv6 = host.AddressFamily == AddressFamily.InterNetworkV6;
        using var socket = new Socket(host.AddressFamily, SocketType.Raw, isIPv6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(interfaceName + '\0'));
        var question = Question(isIPv6);
        var cookie = question.AsMemory(HeaderOctets);
        var buffer = new byte[1_500];
        try
        {
            await socket.SendToAsync(question, SocketFlags.None, new IPEndPoint(host, 0), enough).ConfigureAwait(false);
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0), enough).ConfigureAwait(false);
                if (((IPEndPoint)received.RemoteEndPoint).Address.Equals(host) && IsAnswer(buffer.AsSpan(0, received.ReceivedBytes), isIPv6, cookie.Span)) return true;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static byte[] Question(bool isIPv6)
    {
        var octets = new byte[HeaderOctets + CookieOctets];
        octets[0] = isIPv6 ? Request6 : Request4;
        RandomNumberGenerator.Fill(octets.AsSpan(4)); // identifier and sequence matter to nobody but us
        if (!isIPv6) BitConverter.TryWriteBytes(octets.AsSpan(2), (ushort)~InternetChecksum.Fold(InternetChecksum.Sum(octets))); // of ICMPv6 the kernel makes it (RFC 3542 §3.1)
        return octets;
    }

    private static bool IsAnswer(ReadOnlySpan<byte> packet, bool isIPv6, ReadOnlySpan<byte> cookie)
    {
        if (!isIPv6)
        {
            if (packet.IsEmpty) return false;
            var header = (packet[0] & 0x0f) * 4; // raw IPv4 comes with its header
            if (packet.Length < header) return false;
            packet = packet[header..];
        }

        return packet.Length == HeaderOctets + CookieOctets && packet[0] == (isIPv6 ? Reply6 : Reply4) && packet[HeaderOctets..].SequenceEqual(cookie);
    }
}
