using System.Collections.Immutable;
using System.Net;

namespace EdgeVpn.Model.Azure;

/// <summary>What a person adds to what Azure printed; each is asked for by the name of its option when it is missing.</summary>
public sealed record AzureImportOptions
{
    /// <summary><c>--psk</c>: the shared key of every connection whose files hold none.</summary>
    public string? Psk { get; init; }

    /// <summary><c>--lan</c>: networks behind the box, instead of the local network gateway's.</summary>
    public ImmutableArray<IPNetwork> Lan { get; init; } = [];

    /// <summary><c>--wan-address</c>: the public address under which Azure knows the box; it is the identity we show.</summary>
    public IPAddress? WanAddress { get; init; }

    /// <summary><c>--gateway-address</c>: the gateway's public addresses, where no file has them.</summary>
    public ImmutableArray<IPAddress> GatewayAddresses { get; init; } = [];

    /// <summary><c>--vnet</c>: networks behind the gateway, instead of those of the files.</summary>
    public ImmutableArray<IPNetwork> Vnet { get; init; } = [];

    public override string ToString() => "options of an import"; // a record's own would print the key
}
