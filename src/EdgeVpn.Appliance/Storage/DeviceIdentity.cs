using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Storage;

/// <summary>Who a box is and whom it asks for its configuration: all that <c>edgevpn run</c> needs to start with.</summary>
/// <param name="Identity">Fleet and device.</param>
/// <param name="Broker">The operator's broker.</param>
/// <param name="Insecure">Plain TCP to a broker that is not on loopback is meant so: a laboratory's setting.</param>
public sealed record DeviceIdentity(TwinIdentity Identity, BrokerAddress Broker, bool Insecure = false)
{
    public byte[] ToJson() =>
        JsonSerializer.SerializeToUtf8Bytes(new DeviceIdentityFile(Identity.Fleet, Identity.Device, Broker.ToString(), Insecure), DeviceIdentityJson.ForEyes.DeviceIdentityFile);

    /// <summary>Null, and why, if these octets do not name a fleet, a device and a broker that may be used.</summary>
    public static DeviceIdentity? Read(ReadOnlySpan<byte> json, out string? problem)
    {
        problem = null;
        if (!TwinJson.TryRead(json, DeviceIdentityJson.Default.DeviceIdentityFile, out var file)) problem = "is not { fleet, device, broker, insecure } as JSON";
        else if (!TwinName.IsValid(file.Fleet) || TwinName.IsReservedFleet(file.Fleet)) problem = $"names a fleet that cannot be one: \"{file.Fleet}\"";
        else if (!TwinName.IsValid(file.Device)) problem = $"names a device that cannot be one: \"{file.Device}\"";
        else if (!BrokerAddress.TryParse(file.Broker, out var broker)) problem = $"names a broker that is not mqtts://HOST:PORT or mqtt://HOST:PORT: \"{file.Broker}\"";
        else if (broker is { Tls: false, IsLoopback: false } && !file.Insecure) problem = $"names {broker} without TLS; that needs \"insecure\": true";
        else return new DeviceIdentity(new TwinIdentity(file.Fleet, file.Device), broker, file.Insecure);
        return null;
    }
}

/// <summary>The file's own shape.</summary>
internal sealed record DeviceIdentityFile(string Fleet, string Device, string Broker, bool Insecure = false);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeviceIdentityFile))]
internal sealed partial class DeviceIdentityJson : JsonSerializerContext
{
    private static DeviceIdentityJson? _forEyes;

    public static DeviceIdentityJson ForEyes => _forEyes ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
