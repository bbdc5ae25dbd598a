using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Live;

/// <summary>How much a person should care.</summary>
public enum Condition
{
    /// <summary>In the order in which they are to be looked at.</summary>
    Down,
    Offline,
    Degraded,

    /// <summary>Something is under way, or its word for its health is not known here.</summary>
    Busy,

    /// <summary>Never seen: a configuration without a box.</summary>
    Unseen,
    Healthy,
}

/// <summary>One box as the console knows it: what is wanted of it, what it said last, and when.</summary>
/// <param name="Device">Its name.</param>
public sealed record BoxPicture(string Device)
{
    /// <summary>As its configuration names it; "" if it does not.</summary>
    public string Site { get; init; } = "";

    /// <summary>Connected to the broker; null if it was never seen.</summary>
    public bool? Online { get; init; }

    public string? Session { get; init; }

    /// <summary>Since when it is on- or offline, as far as the console saw it happen.</summary>
    public DateTimeOffset? OnlineSince { get; init; }

    public LooseReport Report { get; init; } = LooseReport.Empty;

    /// <summary>As it came.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    public DateTimeOffset? ReportedAt { get; init; }

    /// <summary>When it last said anything live.</summary>
    public DateTimeOffset? HeardAt { get; init; }

    /// <summary>What the broker keeps for it.</summary>
    public DocumentVersion Desired { get; init; }

    public double? CpuPercent { get; init; }

    public double? TemperatureCelsius { get; init; }

    public double? UptimeSeconds { get; init; }

    public bool IsEnrolled { get; init; }

    public Condition Condition =>
        Online is null && Payload.IsEmpty ? Condition.Unseen
        : Online != true ? Condition.Offline
        : Report.Health switch
        {
            "healthy" when Report.State is "refused" or "reverted" => Condition.Degraded,
            "healthy" => Condition.Healthy,
            "degraded" => Condition.Degraded,
            "down" => Condition.Down,
            _ => Condition.Busy,
        };

    /// <summary>One line: what is the matter, most important first.</summary>
    public string Summary()
    {
        if (Condition == Condition.Unseen) return IsEnrolled ? "never seen" : "not enrolled";
        if (Condition == Condition.Offline) return "offline";
        if (Report.IsUnreadable) return "reports what this console cannot read";
        if (Report.State is "refused" or "reverted") return $"{Report.State} {Report.Version}{(Report.Reason is { } why ? $": {why.Code} {why.Name}" : "")}";
        if (Report.Connections.FirstOrDefault(static c => c.Reason is not null) is { Reason: { } reason } connection) return $"{connection.Name}: {reason.Code} {reason.Name}";
        if (Report.Connections.FirstOrDefault(static c => c.State is not ("up" or "off")) is { } waiting) return $"{waiting.Name}: {waiting.State}";
        if (Report.State is "received" or "staged" or "applied") return $"{Report.State} {Report.Version}";
        return Report.Health ?? "says nothing of its health";
    }
}
