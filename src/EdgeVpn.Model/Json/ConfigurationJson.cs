using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Json;

/// <summary>Source-generated metadata of the configuration records. Secrets are written hidden.</summary>
/// <remarks>
/// Internal on purpose: the generated readers forget the initialisers of init-only properties, so an absent lifetime would be read as zero.
/// <see cref="Validation.ConfigurationReader"/> is the door that fills them.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters =
    [
        typeof(IpAddressConverter), typeof(IpNetworkConverter), typeof(InterfaceAddressConverter), typeof(PeerAddressConverter),
        typeof(DurationConverter), typeof(BrokerAddressConverter), typeof(SecretTextConverter), typeof(AutoOrOctetsConverter), typeof(TrafficSelectorsConverter),
        typeof(WordConverter<InternetAccess>), typeof(WordConverter<ResetTarget>), typeof(WordConverter<MetricsListen>), typeof(WordConverter<InterfaceRole>), typeof(WordConverter<Ipv4Method>), typeof(WordConverter<Ipv6Method>),
        typeof(WordConverter<ConnectionMode>), typeof(WordConverter<EndpointStrategy>), typeof(WordConverter<RevocationPolicy>),
        typeof(WordConverter<ProbeKind>), typeof(WordConverter<NatKind>), typeof(WordConverter<NatSide>), typeof(WordConverter<NatTranslator>), typeof(WordConverter<TrafficClass>), typeof(WordConverter<EspEncapsulation>), typeof(WordConverter<Unique>),
    ])]
[JsonSerializable(typeof(BoxConfig))]
[JsonSerializable(typeof(ImmutableArray<TrafficSelectorConfig>))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
