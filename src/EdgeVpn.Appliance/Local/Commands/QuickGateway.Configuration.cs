using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Local.Commands;

public sealed partial record QuickGateway
{
    /// <summary>Name of the one connection.</summary>
    public const string ConnectionName = "branch";

    /// <summary>The configuration these words stand for; to be checked like any other.</summary>
    public BoxConfig ToConfiguration() => new()
    {
        Connections =
        [
            new ConnectionConfig
            {
                Name = ConnectionName,
                Mode = Peer is null ? ConnectionMode.Responder : ConnectionMode.Default,
                Local = new LocalConfig { Address = WanAddress, Identity = LocalIdentity, Networks = LocalNetworks },
                Remote = new RemoteConfig
                {
                    Endpoints = [new EndpointConfig { Address = Peer is null ? PeerAddress.Any : PeerAddress.Of(Peer), Identity = RemoteIdentity }],
                    Networks = RemoteNetworks,
                },
                Authentication = new PskAuthentication { Secret = ConnectionName },
            },
        ],
        Secrets = ImmutableDictionary<string, SecretConfig>.Empty.Add(ConnectionName, new SecretConfig { Psk = new SecretText(Psk) }),
    };
}
