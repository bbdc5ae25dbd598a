using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Appliance.Setup;

/// <summary>The page's WAN form, laid over a configuration. Pure.</summary>
internal static class WanChange
{
    private const int MaxDns = 4;

    /// <summary>The configuration with that WAN; null, and why, if what was typed makes no sense.</summary>
    public static (BoxConfig? Configuration, ImmutableArray<ProblemView> Problems) Of(BoxConfig current, WanSettings typed)
    {
        var problems = ImmutableArray.CreateBuilder<ProblemView>();
        if (current.Interfaces.FirstOrDefault(i => i.Name == typed.Interface) is { Role: InterfaceRole.Lan }) Refuse("interface", $"{typed.Interface} is the LAN's port.");
        var ipv4 = Ipv4(typed, Refuse);
        if (problems.Count > 0) return (null, problems.ToImmutable());

        var changed = current with
        {
            Interfaces = current.Interfaces.Any(i => i.Name == typed.Interface)
                ? [.. current.Interfaces.Select(i => i.Name == typed.Interface ? i with { Ipv4 = ipv4 } : i)]
                : [.. current.Interfaces, new InterfaceConfig { Name = typed.Interface, Role = InterfaceRole.Wan, Ipv4 = ipv4 }],
        };
        problems.AddRange(ConfigurationReader.Check(changed).Select(Of));
        return (problems.Any(static p => p.IsError) ? null : changed, problems.ToImmutable());

        void Refuse(string field, string sentence) => problems.Add(new ProblemView(field, true, sentence));
    }

    /// <summary>What the form shows at first: the first WAN's settings; null without one.</summary>
    public static WanSettings? Show(BoxConfig configuration) =>
        configuration.Interfaces.FirstOrDefault(static i => i.Role == InterfaceRole.Wan) is not { } wan ? null : new WanSettings(
            wan.Name, wan.Ipv4.Address is null ? "dhcp" : "static", wan.Ipv4.Address?.ToString(), wan.Ipv4.Gateway?.ToString(), [.. wan.Ipv4.Dns.Select(static a => a.ToString())]);

    public static ProblemView Of(ConfigurationProblem problem) =>
        new(problem.Path.ToString(), problem.Severity == ProblemSeverity.Error, problem.Mend is null ? problem.Sentence : $"{problem.Sentence} {problem.Mend}");

    private static Ipv4Config Ipv4(WanSettings typed, Action<string, string> refuse)
    {
        if (typed.Method == "dhcp") return new Ipv4Config { Method = Ipv4Method.Dhcp };
        if (typed.Method != "static") refuse("method", "An address is given by DHCP, or fixed.");
        if (!InterfaceAddress.TryParse(typed.Address ?? "", out var address)) refuse("address", "An address with prefix length is wanted, such as 192.0.2.10/24.");
        IPAddress? gateway = null;
        if (typed.Gateway is { } next && !Addresses.TryParse(next, out gateway)) refuse("gateway", $"\"{next}\" is no address.");
        var dns = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var server in typed.Dns.IsDefault ? [] : typed.Dns)
        {
            if (Addresses.TryParse(server, out var parsed) && dns.Count < MaxDns) dns.Add(parsed);
            else refuse("dns", dns.Count < MaxDns ? $"\"{server}\" is no address." : $"At most {MaxDns} name servers.");
        }

        return new Ipv4Config { Method = Ipv4Method.Static, Address = address, Gateway = gateway, Dns = dns.ToImmutable() };
    }
}
