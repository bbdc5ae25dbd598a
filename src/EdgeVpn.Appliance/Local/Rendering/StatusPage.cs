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
        if (lights.Only is { } only) rows.Insert(3, [Ink.Strong("its one light"), only]);
        if (lights.Code is { } code) rows.Insert(rows.Count - 1, [Ink.Strong("fault code"), Ink.Bad($"{code}, see `edgevpn explain {code}`")]);
        page.Table("", rows);
    }

    private static Ink Flash(FlashStatus flash)
    {
        static string Size(long octets) => Human.Octets((ulong)Math.Max(0, octets));
        var text = $"{Size(flash.WrittenOctets)} written since the start; of {Size(flash.OctetsPerDay)} a day {Size(flash.LeftOctets)} are left";
        return flash.PutOff == 0 ? text : new Ink($"{text}, {flash.PutOff} writes were put off", Tone.Warning);
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
        List<IReadOnlyList<Ink>> rows = [[Ink.Faint("INTERFACE"), Ink.Faint("ROLE"), Ink.Faint("STATE"), Ink.Faint("LINK"), Ink.Faint("MTU"), Ink.Faint("IN"), Ink.Faint("OUT"), Ink.Faint("ADDRESSES")]];
        foreach (var one in interfaces)
        {
            var state = !one.Carrier ? $"{one.State}, no carrier" : one.Refused ? $"{one.State}, refused" : one.Leads is false ? $"{one.State}, leads nowhere" : one.State;
            rows.Add([
                one.Name, one.Role ?? "-", new Ink(state, one is { Carrier: true, Refused: false, Leads: not false } ? Tone.Plain : Tone.Warning),
                Link(one), $"{one.Mtu}", Passed(one.Counters?.OctetsIn, one.Counters?.ErrorsIn), Passed(one.Counters?.OctetsOut, one.Counters?.ErrorsOut), one.Addresses.IsEmpty ? "-" : string.Join(' ', one.Addresses)]);
        }

        page.Table("", rows);
    }

    private static Ink Link(InterfaceStatus one) => one.SpeedMegabits is not { } speed ? "-"
        : one.FullDuplex is false ? new Ink($"{speed} Mb/s half", Tone.Warning) : $"{speed} Mb/s{(one.FullDuplex is true ? " full" : "")}";

    private static Ink Passed(ulong? octets, ulong? errors) => octets is not { } passed ? "-"
        : errors is > 0 ? new Ink($"{Human.Octets(passed)}, {errors} errors", Tone.Warning) : Human.Octets(passed);

    private static void Footer(Page page, BoxStatus status)
    {
        List<IReadOnlyList<Ink>> rows = [];
        if (status.Flash is { } flash) rows.Add([Ink.Strong("flash"), Flash(flash)]);
        if (!status.Offloads.IsEmpty) rows.Add([Ink.Strong("offloads"), string.Join("; ", status.Offloads)]);
        if (status.Counters.Any(c => c.Value != 0))
            rows.Add([Ink.Strong("counters"), string.Join(", ", status.Counters.Where(c => c.Value != 0).Select(c => $"{c.Key} {c.Value}"))]);
        if (rows.Count == 0) return;
        page.Line();
        page.Table("", rows);
    }
}
