using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>The operator's tool, beside the broker on the internet's host.</summary>
internal sealed class FleetTool(Lab lab, TwinAddress twin)
{
    internal static readonly string? Executable = Find();

    /// <summary>Skips the test where the tool is not built.</summary>
    internal static void Require()
    {
        if (Executable is null) Assert.Skip("the operator's tool is not built: dotnet build src/EdgeVpn.Fleet");
    }

    /// <summary>The broker inside the tool, listening on the internet's host.</summary>
    internal async Task<Daemon> StartBrokerAsync()
    {
        var listen = twin.Broker["mqtt://".Length..];
        var broker = lab.Start(Node.Internet, new DaemonSetup { Name = "broker", Command = [Executable!, "broker", "--listen", listen, "--insecure"] });
        await Until.TrueAsync("the broker listens", BoxProcess.StartsWithin, () => broker.Log().Contains("listening on", StringComparison.Ordinal), broker.Log);
        return broker;
    }

    /// <summary>Publishes a configuration and follows it to its end.</summary>
    internal async Task<PublishResult> PublishAsync(JsonObject document)
    {
        var file = Path.Combine(lab.EvidenceFolder, $"desired-{Guid.NewGuid():n}.json");
        await File.WriteAllTextAsync(file, document.ToJsonString());
        var published = await lab.TryRunAsync(
            Node.Internet,
            [Executable!, "publish", file, "--broker", twin.Broker, "--insecure", "--fleet", twin.Fleet, "--device", twin.Device, "--json", "--timeout", "00:00:50"],
            within: TimeSpan.FromSeconds(60));
        return new PublishResult(published.ExitCode,
            [.. published.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())]);
    }

    private static string? Find()
    {
        var builds = new DirectoryInfo(Path.Combine(LabFolders.Repository, "src", "EdgeVpn.Fleet", "bin"));
        return !builds.Exists ? null : builds.GetDirectories()
            .Select(build => new FileInfo(Path.Combine(build.FullName, "net10.0", "edgefleet")))
            .Where(file => file.Exists).MaxBy(file => file.LastWriteTimeUtc)?.FullName;
    }
}

/// <summary>What <c>edgefleet publish --json</c> told.</summary>
/// <param name="ExitCode">0 confirmed, 1 refused, reverted or too late, 2 invalid.</param>
internal sealed record PublishResult(int ExitCode, ImmutableArray<JsonObject> Lines)
{
    /// <summary>The words of the box and of the operator's tool, in order.</summary>
    internal ImmutableArray<string> States => [.. Lines.Select(line => (string)line["state"]!)];

    /// <summary>Those that only a box can say.</summary>
    internal IEnumerable<string> WordsOfTheBox => States.Where(state => state is "received" or "staged" or "applied" or "confirmed" or "refused" or "reverted");

    public override string ToString() => $"exit code {ExitCode}: {string.Join("; ", Lines.Select(line => line.ToJsonString()))}";
}
