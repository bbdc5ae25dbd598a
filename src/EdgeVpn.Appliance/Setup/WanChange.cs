using System.Collections.Immutable;
using System.Globalization;
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
    /// <remarks>What led out over the same port before (its own address, a VLAN, a session) gives way; a name, a size or a service that stood there stays with what takes its place.</remarks>
    public static (BoxConfig? Configuration, ImmutableArray<ProblemView> Problems) Of(BoxConfig current, WanSettings typed)
    {
        var problems = ImmutableArray.CreateBuilder<ProblemView>();
        if (current.Interfaces.FirstOrDefault(i => i.Name == typed.Interface) is { Role: InterfaceRole.Lan }) Refuse("interface", $"{typed.Interface} is the LAN's port.");
        var line = new Line(current, typed.Interface);
        var secrets = current.Secrets;
        List<InterfaceConfig> made = [];
        if (typed.Method == "pppoe")
        {
            var session = Session(current, line, typed, Refuse, ref secrets);
            if (typed.Vlan is { } tag) made.Add(line.Tagged(tag) with { Ipv4 = new Ipv4Config { Method = Ipv4Method.None } });
            made.Add(session);
        }
        else
        {
            var ipv4 = Ipv4(typed, Refuse);
            made.Add((typed.Vlan is { } tag ? line.Tagged(tag) : line.Bare) with { Ipv4 = ipv4 });
        }

        if (problems.Count > 0) return (null, problems.ToImmutable());
        var changed = current with { Interfaces = line.With(made), Secrets = secrets };
        problems.AddRange(ConfigurationReader.Check(changed).Select(Of));
        return (problems.Any(static p => p.IsError) ? null : changed, problems.ToImmutable());

        void Refuse(string field, string sentence) => problems.Add(new ProblemView(field, true, sentence));
    }

    /// <summary>What the form shows at first: the first WAN's settings, without its password; null without one.</summary>
    public static WanSettings? Show(BoxConfig configuration)
    {
        if (configuration.Interfaces.FirstOrDefault(static i => i.Role == InterfaceRole.Wan) is not { } first) return null;
        var line = new Line(configuration, Line.PortOf(configuration, first));
        if (line.Session is { Pppoe: { } pppoe }) return new WanSettings(line.Port, "pppoe", User: pppoe.User, Vlan: line.Vlan?.Vlan!.Id);
        var wan = line.Vlan ?? line.Bare;
        return new WanSettings(
            line.Port, wan.Ipv4.Address is null ? "dhcp" : "static", wan.Ipv4.Address?.ToString(), wan.Ipv4.Gateway?.ToString(), [.. wan.Ipv4.Dns.Select(static a => a.ToString())], Vlan: line.Vlan?.Vlan!.Id);
    }

    /// <summary>Names of what stands on a port (VLANs, sessions): nothing to choose as a port.</summary>
    public static ImmutableHashSet<string> Above(BoxConfig configuration) => [.. configuration.Interfaces.Where(static i => i.Vlan is not null || i.Pppoe is not null).Select(static i => i.Name)];

    public static ProblemView Of(ConfigurationProblem problem) =>
        new(problem.Path.ToString(), problem.Severity == ProblemSeverity.Error, problem.Mend is null ? problem.Sentence : $"{problem.Sentence} {problem.Mend}");

    private static Ipv4Config Ipv4(WanSettings typed, Action<string, string> refuse)
    {
        if (typed.Method == "dhcp") return new Ipv4Config { Method = Ipv4Method.Dhcp };
        if (typed.Method != "static") refuse("method", "An address is given by DHCP, fixed, or comes with a session (PPPoE).");
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

    private static InterfaceConfig Session(BoxConfig current, Line line, WanSettings typed, Action<string, string> refuse, ref ImmutableDictionary<string, SecretConfig> secrets)
    {
        var before = line.Session?.Pppoe;
        var user = typed.User?.Trim() ?? "";
        if (user.Length == 0) refuse("user", "The provider's user name is wanted.");
        var secret = before?.Secret ?? Free("provider", current.Secrets.ContainsKey);
        if (!string.IsNullOrEmpty(typed.Password)) secrets = secrets.SetItem(secret, new SecretConfig { Password = new SecretText(typed.Password) });
        else if (before is null) refuse("password", "The provider's password is wanted.");
        var session = line.Session ?? new InterfaceConfig { Name = Free("dsl", name => current.Interfaces.Any(i => i.Name == name)), Role = InterfaceRole.Wan };
        return session with { Pppoe = new PppoeConfig { Parent = typed.Vlan is { } tag ? line.Tagged(tag).Name : line.Port, User = user, Secret = secret, Service = before?.Service } };
    }

    /// <summary>The name itself, or with the first number that nobody has.</summary>
    private static string Free(string name, Func<string, bool> isTaken)
    {
        for (var i = 0; ; i++)
            if (string.Create(CultureInfo.InvariantCulture, $"{name}{i}") is var free && !isTaken(free)) return free;
    }

    /// <summary>What leads out over one port: itself, a VLAN on it, a session on either.</summary>
    private sealed class Line
    {
        private readonly BoxConfig _configuration;
        private readonly ImmutableArray<InterfaceConfig> _all;

        public Line(BoxConfig configuration, string port)
        {
            (_configuration, Port) = (configuration, port);
            _all = [.. configuration.Interfaces.Where(i => i.Role == InterfaceRole.Wan && PortOf(configuration, i) == port)];
        }

        public string Port { get; }

        public InterfaceConfig? Session => _all.FirstOrDefault(static i => i.Pppoe is not null);

        public InterfaceConfig? Vlan => _all.FirstOrDefault(static i => i.Vlan is not null);

        /// <summary>The port's own entry, as it is or new.</summary>
        public InterfaceConfig Bare => _all.FirstOrDefault(i => i.Name == Port) ?? new InterfaceConfig { Name = Port, Role = InterfaceRole.Wan };

        /// <summary>The entry of a VLAN, as it is or new.</summary>
        public InterfaceConfig Tagged(int tag)
        {
            const int longest = 15; // IFNAMSIZ less the end
            var name = string.Create(CultureInfo.InvariantCulture, $"{Port}.{tag}");
            return _all.FirstOrDefault(i => i.Vlan?.Id == tag) ?? new InterfaceConfig
            {
                Name = name.Length <= longest ? name : string.Create(CultureInfo.InvariantCulture, $"vlan{tag}"),
                Role = InterfaceRole.Wan,
                Vlan = new VlanConfig { Parent = Port, Id = tag },
            };
        }

        /// <summary>All interfaces, with these in the place of what was on the port.</summary>
        public ImmutableArray<InterfaceConfig> With(IReadOnlyList<InterfaceConfig> made)
        {
            var at = _all.IsEmpty ? _configuration.Interfaces.Length : _configuration.Interfaces.IndexOf(_all[0]);
            return [.. _configuration.Interfaces.Take(at), .. made, .. _configuration.Interfaces.Skip(at).Where(i => !_all.Contains(i))];
        }

        /// <summary>The port that an interface stands on in the end.</summary>
        public static string PortOf(BoxConfig configuration, InterfaceConfig item)
        {
            var name = item.Name;
            for (var left = configuration.Interfaces.Length; left >= 0; left--)
            {
                if (configuration.Interfaces.FirstOrDefault(i => i.Name == name) is not { } there || (there.Pppoe?.Parent ?? there.Vlan?.Parent) is not { } parent) return name;
                name = parent;
            }

            return name;
        }
    }
}
