using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace EdgeVpn.Model.Twin;

/// <summary>A broker: <c>mqtts://host[:8883]</c> with TLS, <c>mqtt://host[:1883]</c> without.</summary>
/// <remarks>Nothing else belongs into it: no path, query or user; what authenticates is named beside it.</remarks>
public sealed record BrokerAddress(string Host, int Port, bool Tls)
{
    private const int PlainPort = 1883; // IANA: mqtt
    private const int TlsPort = 8883; // IANA: secure-mqtt

    /// <summary>The host is this machine by its very name: <c>localhost</c>, 127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback =>
        Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    public static bool TryParse(string text, [NotNullWhen(true)] out BrokerAddress? address)
    {
        address = null;
        if (text.Length > 300 || !Uri.TryCreate(text, UriKind.Absolute, out var uri)) return false;
        if (uri.Scheme is not ("mqtt" or "mqtts")) return false;
        if (uri.Host.Length == 0 || uri.UserInfo.Length != 0 || uri.PathAndQuery is not ("" or "/") || uri.Fragment.Length != 0) return false;
        var tls = uri.Scheme == "mqtts";
        var port = uri.Port == -1 ? (tls ? TlsPort : PlainPort) : uri.Port;
        if (port is < 1 or > 65_535) return false;
        address = new BrokerAddress(uri.IdnHost.Trim('[', ']'), port, tls);
        return true;
    }

    public override string ToString() =>
        $"{(Tls ? "mqtts" : "mqtt")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}
