using System.Net;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Json;

/// <summary>An IPv4 or IPv6 address.</summary>
internal sealed class IpAddressConverter : TextConverter<IPAddress>
{
    public override string Placeholder => "\"192.0.2.1\"";

    public override JsonObject Schema() =>
        new() { ["type"] = "string", ["anyOf"] = new JsonArray(new JsonObject { ["format"] = "ipv4" }, new JsonObject { ["format"] = "ipv6" }) };

    protected override bool TryParse(string text, out IPAddress value, out Refusal refusal)
    {
        refusal = new Refusal($"{Quote(text)} is not an IP address");
        if (Addresses.TryParse(text, out var address))
        {
            value = address;
            return true;
        }

        value = IPAddress.None;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && Addresses.TryParse(text[..slash], out _)) refusal = refusal with { Mend = $"write \"{text[..slash]}\", without prefix length" };
        return false;
    }
}

/// <summary>A network as <c>address/prefix length</c> without host bits.</summary>
internal sealed class IpNetworkConverter : TextConverter<IPNetwork>
{
    public override string Placeholder => "\"192.0.2.0/24\"";

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$" };

    protected override bool TryParse(string text, out IPNetwork value, out Refusal refusal)
    {
        refusal = default;
        if (InterfaceAddress.TryParse(text, out var written))
        {
            value = written.Network;
            if (value.BaseAddress.Equals(written.Address)) return true;
            refusal = new Refusal($"{Quote(text)} has bits set beyond its prefix length", $"did you mean \"{value}\"?");
            return false;
        }

        value = default;
        refusal = Addresses.TryParse(text, out var address)
            ? new Refusal($"{Quote(text)} lacks a prefix length", $"a single host is \"{address}/{address.GetAddressBytes().Length * 8}\"")
            : new Refusal($"{Quote(text)} is not a network such as \"10.20.0.0/24\"");
        return false;
    }
}

/// <summary>An interface's own address with prefix length.</summary>
internal sealed class InterfaceAddressConverter : TextConverter<InterfaceAddress>
{
    public override string Placeholder => "\"192.0.2.1/24\"";

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$" };

    protected override bool TryParse(string text, out InterfaceAddress value, out Refusal refusal)
    {
        refusal = default;
        if (InterfaceAddress.TryParse(text, out value)) return true;
        refusal = Addresses.TryParse(text, out _)
            ? new Refusal($"{Quote(text)} lacks a prefix length", $"for example \"{text}/24\"")
            : new Refusal($"{Quote(text)} is not an address with prefix length such as \"10.10.0.1/24\"");
        return false;
    }
}

/// <summary>Where a peer is: address, host name or <c>%any</c>.</summary>
internal sealed class PeerAddressConverter : TextConverter<PeerAddress>
{
    public override string Placeholder => "\"192.0.2.1\"";

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 253 };

    protected override bool TryParse(string text, out PeerAddress value, out Refusal refusal)
    {
        refusal = default;
        var isSlip = text is "any" or "*" or "%" or "0.0.0.0/0"; // "any" could be a host's name, but never is
        if (!isSlip && PeerAddress.TryParse(text, out var read))
        {
            value = read;
            return true;
        }

        value = PeerAddress.Any;
        refusal = isSlip
            ? new Refusal($"{Quote(text)} is not an address or host name", "did you mean \"%any\"?")
            : new Refusal($"{Quote(text)} is not an IP address, a host name or \"%any\"");
        return false;
    }
}
