using System.Collections.Immutable;
using System.Text.Json;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Net;

/// <summary>
/// Five namespaces on one machine: branch LAN, box, internet, gateway, cloud LAN. No link leads out of them.
/// </summary>
/// <remarks>
/// <code>
///   BranchLan ───── Box ───────── Internet ───────── Gateway ───── CloudLan
///   10.10.0.10   .1 │ 192.0.2.2   .1 [NAT] .1   203.0.113.2 │ .1   10.20.0.10
///        eth0   lan0  wan0      wb0       wc0       wan0  lan0     eth0
/// </code>
/// Every lab has an id of its own, so any number of them coexist. Its lock tells a living lab from one that a killed run left
/// behind; the next lab's start takes those down.
/// </remarks>
public sealed class Lab : IAsyncDisposable
{
    private static int _count;

    private readonly FileStream _lock;
    private readonly List<Daemon> _daemons = [];
    private readonly Lock _journalLock = new();
    private bool _kept;

    private Lab(string id, FileStream held, string evidenceFolder)
    {
        Id = id;
        _lock = held;
        EvidenceFolder = evidenceFolder;
    }

    public string Id { get; }

    /// <summary>Logs, configurations and captures of this test; kept.</summary>
    public string EvidenceFolder { get; }

    /// <summary>Sockets and private run folders; removed with the lab.</summary>
    public string RunFolder => LabFolders.RunFolder(Id);

    /// <summary>What the router does now.</summary>
    public InternetState Internet { get; private set; } = new();

    /// <summary>Makes the namespaces, links, addresses and routes, and the router's rules.</summary>
    /// <param name="evidence">Folder below artifacts/interop for this test's files; emptied.</param>
    public static async Task<Lab> StartAsync(string evidence, InternetState? internet = null)
    {
        await Janitor.SweepOnceAsync();
        var id = $"{Environment.ProcessId:x}x{Interlocked.Increment(ref _count):x}";
        if (!LabFolders.TryLock(id, out var held)) throw new InvalidOperationException($"lab {id} exists already");
        var folder = Path.Combine(LabFolders.Artifacts, "interop", evidence);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        var lab = new Lab(id, held, folder);
        Directory.CreateDirectory(lab.RunFolder);
        try
        {
            await lab.BuildAsync();
            await lab.SetInternetAsync(internet ?? new InternetState());
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public string Netns(Node node) => $"{LabFolders.NamespacePrefix}{Id}-{node switch
    {
        Node.BranchLan => "branch-lan",
        Node.Box => "box",
        Node.Internet => "internet",
        Node.Gateway => "gateway",
        _ => "cloud-lan",
    }}";

    /// <summary>Runs a command in a node and writes it into the evidence; a failing command is the caller's to judge.</summary>
    public async Task<ToolResult> TryRunAsync(Node node, ImmutableArray<string> command, string? input = null, TimeSpan? within = null) =>
        Note(await Tool.RunAsync(["ip", "netns", "exec", Netns(node), .. command], input, within));

    /// <summary>As <see cref="TryRunAsync"/>, for a command that has to work.</summary>
    /// <exception cref="ToolFailedException">Its exit code is not 0.</exception>
    public async Task<ToolResult> RunAsync(Node node, ImmutableArray<string> command, string? input = null, TimeSpan? within = null) =>
        (await TryRunAsync(node, command, input, within)).Checked();

    /// <summary>Starts a process in a node; it ends with the lab at the latest.</summary>
    public Daemon Start(Node node, DaemonSetup setup)
    {
        var daemon = Daemon.Start(Netns(node), setup, Path.Combine(RunFolder, setup.Name, "run"), Path.Combine(EvidenceFolder, setup.Name + ".log"));
        Journal($"{string.Join(' ', setup.Command)} &  # {setup.Name}, pid {daemon.ProcessId}\n");
        _daemons.Add(daemon);
        return daemon;
    }

    /// <summary>Replaces what the router does, at once.</summary>
    public async Task SetInternetAsync(InternetState state)
    {
        await RunAsync(Node.Internet, ["nft", "-f", "-"], state.Ruleset());
        Internet = state;
    }

    /// <summary>Packets the router dropped for <paramref name="why"/> ("loss", "blocked") since the last change.</summary>
    public async Task<long> DroppedAsync(string why)
    {
        var listing = await RunAsync(Node.Internet, ["nft", "-j", "list", "chain", "inet", "lab", "through"]);
        using var json = JsonDocument.Parse(listing.Output);
        var dropped = 0L;
        foreach (var item in json.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (!item.TryGetProperty("rule", out var rule) || !rule.TryGetProperty("comment", out var comment) || comment.GetString() != why) continue;
            foreach (var expression in rule.GetProperty("expr").EnumerateArray())
                if (expression.TryGetProperty("counter", out var counter))
                    dropped += counter.GetProperty("packets").GetInt64();
        }

        return dropped;
    }

    /// <summary>The cable of a WAN link is out: its far end loses carrier too.</summary>
    public Task PullCableAsync(WanLink link) => RunAsync(Node.Internet, ["ip", "link", "set", InternetInterface(link), "down"]);

    /// <summary>The cable is in again, with the address the router had.</summary>
    public async Task PlugCableAsync(WanLink link)
    {
        await RunAsync(Node.Internet, ["ip", "link", "set", InternetInterface(link), "up"]);
        // IPv6 addresses go with the carrier; IPv4 addresses and connected routes stay.
        var (_, address6) = InternetAddresses(link);
        await RunAsync(Node.Internet, ["ip", "-6", "addr", "replace", address6, "dev", InternetInterface(link), "nodad"]);
    }

    /// <summary>The box's WAN link has another address of the same network at once, as after a DHCP server's whim.</summary>
    public Task MoveBoxAsync(string from, string to) => BatchAsync(Node.Box,
    [
        $"addr add {to}/24 dev wan0",
        $"addr del {from}/24 dev wan0", // promote_secondaries keeps the new one
        $"route replace default via {LabAddresses.InternetBranchSide} dev wan0",
    ]);

    /// <summary>The gateway has one more address on its WAN.</summary>
    public Task AddGatewayAddressAsync() => BatchAsync(Node.Gateway, [$"addr add {LabAddresses.GatewayWanToo}/24 dev wan0"]);

    public static string InternetInterface(WanLink link) => link == WanLink.Branch ? "wb0" : "wc0";

    /// <summary>Writes a line into commands.log of the evidence.</summary>
    public void Journal(string text)
    {
        lock (_journalLock) File.AppendAllText(Path.Combine(EvidenceFolder, "commands.log"), $"{DateTime.UtcNow:HH:mm:ss.fff} {text}");
    }

    internal ToolResult Note(ToolResult result)
    {
        Journal(result.ToString());
        return result;
    }

    /// <summary>Leaves everything as it is when this process ends, until <see cref="KeptLab.EndAllAsync"/>.</summary>
    public async Task KeepAsync()
    {
        _kept = true;
        // flock holds the lock in our stead, and only flock: what it waits for (-o) does not inherit it. It queues for the lock before
        // we let go, so that no sweep finds the lab without an owner in between.
        var holder = Start(Node.Internet, new DaemonSetup { Name = KeptLab.HolderName, Command = ["flock", "-w", "10", "-o", KeptLab.LockFile(Id), "sleep", "infinity"] });
        await File.WriteAllTextAsync(KeptLab.HolderFile(Id), $"{holder.ProcessId}");
        await Until.TrueAsync(
            "the lab's holder queues for the lock", TimeSpan.FromSeconds(5),
            () => File.ReadAllText($"/proc/{holder.ProcessId}/comm").Trim() == "flock");
        await _lock.DisposeAsync();
        await Until.TrueAsync("the lab's lock is held", TimeSpan.FromSeconds(5), async () =>
        {
            if (!LabFolders.TryLock(Id, out var held)) return true;
            await held.DisposeAsync();
            return false;
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_kept) return;
        foreach (var daemon in _daemons) daemon.Send(Signal.Terminate);
        foreach (var daemon in _daemons) await daemon.DisposeAsync();
        await Janitor.TakeDownAsync(Id);
        await _lock.DisposeAsync();
    }

    private static (string, string) InternetAddresses(WanLink link) => link == WanLink.Branch
        ? (LabAddresses.InternetBranchSide + "/24", LabAddresses.InternetBranchSide6 + "/64")
        : (LabAddresses.InternetCloudSide + "/24", LabAddresses.InternetCloudSide6 + "/64");

    private async Task BuildAsync()
    {
        var nodes = Enum.GetValues<Node>();
        var (branchSide, branchSide6) = InternetAddresses(WanLink.Branch);
        var (cloudSide, cloudSide6) = InternetAddresses(WanLink.Cloud);
        await BatchAsync(null,
        [
            .. nodes.Select(node => $"netns add {Netns(node)}"),
            Pair(Node.BranchLan, "eth0", Node.Box, "lan0"),
            Pair(Node.Box, "wan0", Node.Internet, "wb0"),
            Pair(Node.Internet, "wc0", Node.Gateway, "wan0"),
            Pair(Node.Gateway, "lan0", Node.CloudLan, "eth0"),
        ]);
        await Task.WhenAll(
            ConfigureAsync(Node.BranchLan, forward: false, [("eth0", LabAddresses.BranchHost + "/24", LabAddresses.BranchHost6 + "/64")], LabAddresses.BoxLan, LabAddresses.BoxLan6),
            ConfigureAsync(Node.Box, forward: true,
                [("lan0", LabAddresses.BoxLan + "/24", LabAddresses.BoxLan6 + "/64"), ("wan0", LabAddresses.BoxWan + "/24", LabAddresses.BoxWan6 + "/64")],
                LabAddresses.InternetBranchSide, LabAddresses.InternetBranchSide6),
            ConfigureAsync(Node.Internet, forward: true,
                [("wb0", branchSide, branchSide6), ("wc0", cloudSide, cloudSide6), ("lo", LabAddresses.InternetHost + "/32", "2001:db8:3::1/128")], null, null),
            ConfigureAsync(Node.Gateway, forward: true,
                [("wan0", LabAddresses.GatewayWan + "/24", LabAddresses.GatewayWan6 + "/64"), ("lan0", LabAddresses.GatewayLan + "/24", LabAddresses.GatewayLan6 + "/64")],
                LabAddresses.InternetCloudSide, LabAddresses.InternetCloudSide6),
            ConfigureAsync(Node.CloudLan, forward: false, [("eth0", LabAddresses.CloudHost + "/24", LabAddresses.CloudHost6 + "/64")], LabAddresses.GatewayLan, LabAddresses.GatewayLan6));
    }

    private string Pair(Node a, string nameA, Node b, string nameB) =>
        $"link add name {nameA} netns {Netns(a)} type veth peer name {nameB} netns {Netns(b)}";

    private async Task ConfigureAsync(Node node, bool forward, (string Name, string Address, string Address6)[] interfaces, string? route, string? route6)
    {
        // Without duplicate address detection an IPv6 neighbour can be asked for as soon as the link is up.
        var on = forward ? "1" : "0";
        await RunAsync(node,
        [
            "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.promote_secondaries=1", "net.ipv6.conf.all.accept_ra=0",
            $"net.ipv4.ip_forward={on}", $"net.ipv6.conf.all.forwarding={on}",
            .. interfaces.Select(each => $"net.ipv6.conf.{each.Name}.accept_dad=0"),
        ]);
        List<string> lines = ["link set lo up"];
        foreach (var (name, address, address6) in interfaces)
            lines.AddRange([$"addr add {address} dev {name}", $"addr add {address6} dev {name} nodad", $"link set {name} up"]);
        if (route is not null) lines.AddRange([$"route add default via {route}", $"route add default via {route6}"]);
        await BatchAsync(node, lines);
    }

    private async Task BatchAsync(Node? node, IEnumerable<string> lines)
    {
        ImmutableArray<string> command = node is { } where ? ["ip", "-n", Netns(where), "-batch", "-"] : ["ip", "-batch", "-"];
        Note(await Tool.RunAsync(command, string.Join('\n', lines) + "\n")).Checked();
    }
}
