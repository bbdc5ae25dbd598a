using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary>The options of every command that talks to a broker.</summary>
internal sealed class BrokerOptionSet
{
    private const string Variable = "EDGEFLEET_BROKER";

    private readonly Option<BrokerAddress?> _broker = new("--broker", "-b")
    {
        Description = $"The broker: mqtts://host[:8883], or mqtt://host[:1883] on loopback. Default: ${Variable}, else mqtt://127.0.0.1:1883.",
        HelpName = "URL",
        CustomParser = result => ParseBroker(result),
        DefaultValueFactory = result => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text
            ? BrokerAddress.TryParse(text, out var address) ? address : Refuse(result, $"${Variable} is '{text}'; a broker is mqtts://host[:port] or mqtt://host[:port].")
            : new BrokerAddress("127.0.0.1", 1883, Tls: false),
    };

    private readonly Option<bool> _insecure = new("--insecure") { Description = "Plain TCP although the broker is not on loopback. For a laboratory." };

    private readonly Option<string?> _authorities = new("--authorities") { Description = "PEM file of the authorities to trust instead of the system's.", HelpName = "FILE" };

    private readonly Option<string?> _certificate = new("--certificate") { Description = "PEM file of the operator's certificate.", HelpName = "FILE" };

    private readonly Option<string?> _key = new("--key") { Description = "PEM file of its private key; default: in the certificate's file.", HelpName = "FILE" };

    public Option<bool> Json { get; } = new("--json") { Description = "One JSON object per line, for scripts." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _broker, _insecure, _authorities, _certificate, _key, Json }) command.Options.Add(option);
    }

    /// <summary>What the options say; where they say nothing, what the fleet's folder says.</summary>
    /// <exception cref="UsageException">A file that cannot be read or does not hold what it should.</exception>
    public OperatorOptions Read(ParseResult parsed, Keys.FleetFolder? fleet = null)
    {
        if (fleet is not null && parsed.GetResult(_broker) is null or { Implicit: true } && parsed.GetResult(_certificate) is null && parsed.GetResult(_authorities) is null)
            return fleet.Connection();
        try
        {
            X509Certificate2Collection? authorities = null;
            if (parsed.GetValue(_authorities) is { } file)
            {
                authorities = [];
                authorities.ImportFromPemFile(file);
                if (authorities.Count == 0) throw new UsageException($"{file} holds no certificate.");
            }

            var certificate = parsed.GetValue(_certificate) is { } path ? X509Certificate2.CreateFromPemFile(path, parsed.GetValue(_key)) : null;
            return new OperatorOptions(parsed.GetValue(_broker)!, parsed.GetValue(_insecure), authorities, certificate);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <exception cref="UsageException">A name that <see cref="TwinName"/> does not allow.</exception>
    public static string? Name(string what, string? name) => name is null || (TwinName.IsValid(name) && !TwinName.IsReservedFleet(name))
        ? name
        : throw new UsageException($"'{name}' cannot name a {what}: letters, digits, '-', '_' and '.', at most {TwinLimits.MaxNameLength}.");

    /// <summary>Null, with an error, if it is no broker's address.</summary>
    internal static BrokerAddress? ParseBroker(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        return BrokerAddress.TryParse(text, out var address) ? address : Refuse(result, $"'{text}' is not a broker; it is mqtts://host[:port] or mqtt://host[:port].");
    }

    private static BrokerAddress? Refuse(ArgumentResult result, string message)
    {
        result.AddError(message);
        return null;
    }
}
