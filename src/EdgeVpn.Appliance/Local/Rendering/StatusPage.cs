using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>What <c>edgevpn status</c> prints for people.</summary>
public static class StatusPage
{
    public static void Write(Page page, BoxStatus status, DateTimeOffset now)
    {
        Header(page, status);
        if (!status.Interfaces.IsEmpty) Interfaces(page, status.Interfaces);
        foreach (var connection in status.Connections) ConnectionPart.Write(page, connection, now);
        if (status.Connections.IsEmpty)
        {
            page.Line();
            page.Line("no connection is configured");
        }

        Footer(page, status);
    }

    private static void Header(Page page, BoxStatus status)
    {
        var name = (status.Device, status.Site) switch
        {
            (null, null) => "unnamed box",
            (null, { } site) => site,
            ({ } device, null) => device,
            var (device, site) => $"{device}, {site}",
        };
        var lights = status.Lights;
        List<IReadOnlyList<Ink>> rows =
        [
            [Ink.Strong("edgevpn"), $"{status.Version}, {name}, running for {Human.Duration(status.UptimeSeconds)}"],
            [Ink.Strong("configuration"), Configuration(status.Configuration)],
            [Ink.Strong("lights"), $"power {lights.Power}, wan {lights.Wan}, vpn {lights.Vpn}, cloud {lights.Cloud}"],
            [Ink.Strong("cloud"), Cloud(status.Cloud)],
        ];
        if (lights.Code is { } code) rows.Insert(3, [Ink.Strong("fault code"), Ink.Bad($"{code}, see `edgevpn explain {code}`")]);
        page.Table("", rows);
    }

    private static string Configuration(ConfigurationInForce configuration)
    {
        const int shown = 12; // enough to compare by eye
        var hash = configuration.Hash is { } all ? $" ({(all.Length > shown ? all[..shown] : all)})" : "";
        return configuration.Source switch
        {
            ConfigurationSource.File => $"from the file{hash}",
            ConfigurationSource.Cloud => $"from the cloud, epoch {configuration.Epoch}, revision {configuration.Revision}{hash}",
            ConfigurationSource.Local => $"changed on the spot{hash}",
            _ => "none yet",
        };
    }

    private static string Cloud(CloudStatus cloud) =>
        cloud.State + (cloud.Broker is { } broker ? $", {broker}" : "") + (cloud.Detail is { } detail ? $": {detail}" : "");

    private static void Interfaces(Page page, ImmutableArray<InterfaceStatus> interfaces)
    {
        page.Line();
        List<IReadOnlyList<Ink>> rows = [[Ink.Faint("INTERFACE"), Ink.Faint("ROLE"), Ink.Faint("STATE"), Ink.Faint("MTU"), Ink.Faint("ADDRESSES")]];
        foreach (var one in interfaces)
        {
            var state = !one.Carrier ? $"{one.State}, no carrier" : one.Refused ? $"{one.State}, refused" : one.Leads is false ? $"{one.State}, leads nowhere" : one.State;
            rows.Add([one.Name, one.Role ?? "-", new Ink(state, one is { Carrier: true, Refused: false, Leads: not false } ? Tone.Plain : Tone.Warning), $"{one.Mtu}", one.Addresses.IsEmpty ? "-" : string.Join(' ', one.Addresses)]);
        }

        page.Table("", rows);
    }

    private static void Footer(Page page, BoxStatus status)
    {
        List<IReadOnlyList<Ink>> rows = [];
        if (!status.Offloads.IsEmpty) rows.Add([Ink.Strong("offloads"), string.Join("; ", status.Offloads)]);
        if (status.Counters.Any(c => c.Value != 0))
            rows.Add([Ink.Strong("counters"), string.Join(", ", status.Counters.Where(c => c.Value != 0).Select(c => $"{c.Key} {c.Value}"))]);
        if (rows.Count == 0) return;
        page.Line();
        page.Table("", rows);
    }
}
