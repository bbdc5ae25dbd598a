using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Fleet.Rollout;

/// <summary>What would become of one box.</summary>
public abstract record BoxPlan(string Device)
{
    /// <summary>It has what it should.</summary>
    public sealed record Unchanged(string Device, DocumentVersion Version) : BoxPlan(Device);

    /// <summary>It was never sent anything from here.</summary>
    public sealed record First(string Device) : BoxPlan(Device);

    /// <summary>Its file is another than was sent last.</summary>
    public sealed record Changed(string Device, ConfigurationDiff Diff) : BoxPlan(Device);

    /// <summary>The same as was sent last, which it does not have: refused, reverted, or lost with the broker.</summary>
    public sealed record Again(string Device, string Why) : BoxPlan(Device);

    /// <summary>It cannot be sent.</summary>
    public sealed record Impossible(string Device, IReadOnlyList<ReportedProblem> Problems) : BoxPlan(Device);

    public bool NeedsSending => this is First or Changed or Again;

    /// <summary>What the folder says; null where there is no such box.</summary>
    public WantedBox? Wanted { get; init; }
}

/// <summary>Compares what the folder wants with what was sent last and with what boxes say.</summary>
public static class FleetPlan
{
    public static BoxPlan Of(FleetFolder fleet, WantedBox wanted, FleetBox? box)
    {
        if (wanted.Body is not { } body) return new BoxPlan.Impossible(wanted.Device, wanted.Problems) { Wanted = wanted };
        var read = ConfigurationReader.Read(body, DocumentBounds.File);
        if (read.Configuration is not { } configuration) return new BoxPlan.Impossible(wanted.Device, BodyCheck.Of(body).Errors) { Wanted = wanted };
        return Of(fleet, wanted.Device, body, configuration, box) with { Wanted = wanted };
    }

    /// <summary>What lint has to say of a box's configuration, worst first.</summary>
    /// <remarks>A fleet's boxes may meet other gateways than Azure's: those that cannot are left alone.</remarks>
    public static IReadOnlyList<Finding> FindingsOf(WantedBox wanted) => wanted.Body is { } body && ConfigurationReader.Read(body, DocumentBounds.File).Configuration is { } configuration
        ? Linter.Notes(configuration, AlgorithmCatalog.Default, []) : [];

    private static BoxPlan Of(FleetFolder fleet, string device, ReadOnlyMemory<byte> body, BoxConfig configuration, FleetBox? box)
    {
        if (fleet.Member(device) is not { } member) return new BoxPlan.Impossible(device, [new ReportedProblem("$", "was never enrolled: `edgefleet enrol`.")]);
        if (member.IsRevoked) return new BoxPlan.Impossible(device, [new ReportedProblem("$", "was revoked.")]);
        if (SentFiles.Last(fleet, device) is not { } last) return new BoxPlan.First(device);
        if (!last.AsSpan().SequenceEqual(body.Span) && ConfigurationReader.Read(last, DocumentBounds.File).Configuration is { } before)
        {
            var diff = ConfigurationDiff.Between(before, configuration);
            if (!diff.IsEmpty) return new BoxPlan.Changed(device, diff);
        }

        if (box is null || box.Desired.IsNone) return new BoxPlan.Again(device, "the broker keeps no document for it");
        if (box.Report is { State: DocumentState.Refused or DocumentState.Reverted } said && said.Version == box.Desired)
            return new BoxPlan.Again(device, $"it {Commands.ReportText.Word(said.State)} {said.Version}{(said.Reason is null ? "" : ": " + Commands.ReportText.Reason(said.Reason))}");
        return new BoxPlan.Unchanged(device, box.Desired);
    }
}

/// <summary>The configurations that were sent, in clear: <c>state/sent/</c>, and the ones before in <c>state/before/</c>.</summary>
internal static class SentFiles
{
    public static byte[]? Last(FleetFolder fleet, string device) => Read(fleet, "sent", device);

    public static byte[]? Before(FleetFolder fleet, string device) => Read(fleet, "before", device);

    /// <summary>Remembers what is sent now; what was sent until now becomes the one before.</summary>
    public static void Keep(FleetFolder fleet, string device, ReadOnlySpan<byte> body)
    {
        if (Last(fleet, device) is { } last && !last.AsSpan().SequenceEqual(body)) Write(fleet, "before", device, last);
        Write(fleet, "sent", device, body);
    }

    private static byte[]? Read(FleetFolder fleet, string kind, string device)
    {
        var file = System.IO.Path.Combine(fleet.StateFile(kind), device + ".json");
        return File.Exists(file) ? File.ReadAllBytes(file) : null;
    }

    private static void Write(FleetFolder fleet, string kind, string device, ReadOnlySpan<byte> body)
    {
        Files.MakePrivateFolder(fleet.StateFile(kind));
        Files.WriteSecret(System.IO.Path.Combine(fleet.StateFile(kind), device + ".json"), System.Text.Encoding.UTF8.GetString(body));
    }
}
