using System.Net.Sockets;
using System.Text;

namespace EdgeVpn.Appliance.Local;

/// <summary>Where the control socket lies.</summary>
public static class ControlPath
{
    public const string Standard = "/run/edgevpn/control.sock";

    private const int MaxOctets = 107; // sockaddr_un.sun_path holds 108, the closing zero included

    /// <summary>The end point of a path.</summary>
    /// <exception cref="ControlException">The path is empty or too long for a Unix socket.</exception>
    internal static UnixDomainSocketEndPoint EndPoint(string path)
    {
        var octets = Encoding.UTF8.GetByteCount(path);
        if (octets is 0 or > MaxOctets)
            throw new ControlException(ControlFault.BadPath, $"The control socket's path has {octets} octets; a Unix socket's has 1 to {MaxOctets}: {path}");
        return new(path);
    }
}
