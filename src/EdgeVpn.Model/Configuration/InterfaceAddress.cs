using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeVpn.Model.Configuration;

/// <summary>An interface's own address with its prefix length, as in <c>10.10.0.1/24</c>.</summary>
/// <remarks>Unlike <see cref="IPNetwork"/>, host bits are the point.</remarks>
public readonly record struct InterfaceAddress(IPAddress Address, int PrefixLength)
{
    /// <summary>The network the address lies in.</summary>
    public IPNetwork Network => Address.Truncate(PrefixLength);

    /// <summary>Reads <c>address/prefix length</c>; the prefix length is required.</summary>
    public static bool TryParse(string text, out InterfaceAddress value)
    {
        value = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !Addresses.TryParse(text[..slash], out var address)) return false;
        var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > longest)
            return false;
        value = new InterfaceAddress(address, prefix);
        return true;
    }

    public override string ToString() => $"{Address}/{PrefixLength}";
}
