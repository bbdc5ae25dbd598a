namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>One connection of the status page: a line for how it is, one for each SA, and why it is not up.</summary>
internal static class ConnectionPart
{
    public static void Write(Page page, ConnectionStatus connection, DateTimeOffset now)
    {
        page.Line();
        page.Line(Ink.Strong(connection.Name), " ", new Ink(Word(connection.State), ToneOf(connection.State)), $" for {Human.Duration(now - connection.Since)}", Next(connection), Tunnel(connection.Tunnel));
        if (connection.Reason is { } reason)
        {
            page.Line("  ", Ink.Bad($"{reason.Digits} {reason.Code}"), $": {reason.Sentence}");
            if (reason.Detail is { } detail) page.Line("  ", detail);
            page.Line("  ", Ink.Faint($"edgevpn why {connection.Name}"));
        }

        foreach (var sa in connection.IkeSas) Ike(page, sa);
        foreach (var sa in connection.ChildSas) Child(page, sa);
    }

    private static string Next(ConnectionStatus connection)
    {
        var attempts = connection.Attempts > 0 && connection.State != ConnectionState.Up ? $", {connection.Attempts} attempt{(connection.Attempts == 1 ? "" : "s")}" : "";
        return attempts + (connection.NextAttemptSeconds is { } seconds ? $", next in {Human.Duration(seconds)}" : "");
    }

    private static string Tunnel(TunnelReport? tunnel) => tunnel is null ? ""
        : $"; {tunnel.Interface}, MTU {tunnel.Mtu}" + (tunnel.PathMtu is { } path ? $", path MTU {path}" + (tunnel.PathMtuBy is { } by ? $" ({by})" : "") : "");

    private static void Ike(Page page, IkeSaReport sa)
    {
        List<IReadOnlyList<Ink>> rows =
        [
            [Ink.Strong($"IKE {sa.Id}"), $"{sa.State} for {Human.Duration(sa.EstablishedSeconds)}, {sa.Role}, {sa.Local} to {sa.Remote}" + (sa.PeerIdentity is { } peer ? $" ({peer})" : "")],
            ["", $"{sa.Suite ?? "no suite yet"}, NAT: {sa.Nat ?? "unknown"}", Ink.Faint($"{sa.InitiatorSpi:x16}/{sa.ResponderSpi:x16}")],
        ];
        if (!sa.AssignedAddresses.IsEmpty) rows.Add(["", $"inside {string.Join(' ', sa.AssignedAddresses)}{Dns(sa)}"]);
        Sa(page, rows);
    }

    private static string Dns(IkeSaReport sa) => sa.AssignedDns.IsEmpty ? ""
        : $", DNS {string.Join(' ', sa.AssignedDns)}{(sa.AssignedDomains.IsEmpty ? "" : $" for {string.Join(' ', sa.AssignedDomains)}")}{(sa.AssignedDnsInUse ? ", asked by the LAN's resolver" : ", not handed to a resolver")}";

    private static void Child(Page page, ChildSaReport sa)
    {
        List<IReadOnlyList<Ink>> rows =
        [
            [
                Ink.Strong($"ESP {sa.Id}"),
                $"{sa.State}{(sa.Used ? ", in use" : "")}, {sa.Suite}{(sa.KeyExchange is { } own ? $" with {own}" : "")}, over {sa.Encapsulation}{(sa.Provider is { } provider ? $", by {provider}" : "")}",
                Ink.Faint($"{sa.InboundSpi:x8} in, {sa.OutboundSpi:x8} out"),
            ],
            ["", $"{string.Join(' ', sa.LocalSelectors)} <-> {string.Join(' ', sa.RemoteSelectors)}"],
            ["", $"in {sa.PacketsIn} packets, {Human.Octets(sa.OctetsIn)}; out {sa.PacketsOut} packets, {Human.Octets(sa.OctetsOut)}"],
        ];
        if (sa.Suite.Contains("gmac", StringComparison.OrdinalIgnoreCase)) rows.Add(["", Ink.Warning("not encrypted: its packets can be read on their way")]);
        var refused = string.Join(", ", sa.Refused.Where(r => r.Value != 0).Select(r => $"{r.Key} {r.Value}"));
        if (refused.Length > 0) rows.Add(["", Ink.Warning($"refused: {refused}")]);
        Sa(page, rows);
    }

    // Not a table: the lines of one SA have only their indentation in common.
    private static void Sa(Page page, List<IReadOnlyList<Ink>> rows)
    {
        var width = rows[0][0].Text.Length;
        foreach (var row in rows) page.Line(["  ", row[0], new string(' ', width - row[0].Text.Length + 2), row[1], "  ", .. row.Skip(2)]);
    }

    private static string Word(ConnectionState state) => state switch
    {
        ConnectionState.Off => "off",
        ConnectionState.Negotiating => "negotiating",
        ConnectionState.Up => "up",
        ConnectionState.Partial => "partly up",
        ConnectionState.Refused => "refused",
        _ => "waiting",
    };

    private static Tone ToneOf(ConnectionState state) => state switch
    {
        ConnectionState.Up => Tone.Good,
        ConnectionState.Refused => Tone.Bad,
        ConnectionState.Off => Tone.Faint,
        _ => Tone.Warning,
    };
}
