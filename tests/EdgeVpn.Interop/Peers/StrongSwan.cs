using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Peers;

/// <summary>A charon with its own configuration in one node of a lab, spoken to with swanctl.</summary>
public sealed partial class StrongSwan : IVpnEnd
{
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(20);

    private readonly Lab _lab;
    private readonly StrongSwanRelease _release;
    private readonly bool _logKeys;
    private readonly string _folder;
    private readonly string _socket;
    private Daemon? _charon;

    /// <param name="logKeys">Keys go into the log, for a second implementation to check packets with.</param>
    public StrongSwan(Lab lab, StrongSwanRelease release, TunnelEnd configuration, bool logKeys = false)
    {
        _lab = lab;
        _release = release;
        _logKeys = logKeys;
        Configuration = configuration;
        _folder = Path.Combine(lab.RunFolder, Name);
        _socket = Path.Combine(_folder, "vici");
    }

    public string Product => $"strongSwan {_release.Version}";

    public bool AlwaysUdp => !_release.RawEsp;

    public bool GuardsClearText => false;

    public bool KeepsUp => false;

    public TunnelEnd Configuration { get; }

    /// <summary>A swanctl.conf that someone wrote, instead of one made from <see cref="Configuration"/>; that still says where and what the ends are.</summary>
    public string? Written { get; init; }

    /// <summary>charon of this end; null before its start.</summary>
    public Daemon? Daemon => _charon;

    private string Name => Configuration.Node == Node.Box ? "branch" : "cloud";

    public async Task StartAsync()
    {
        WriteFiles();
        File.Delete(_socket);
        var privateRun = Directory.CreateDirectory(Path.Combine(_folder, "run"));
        File.Delete(Path.Combine(privateRun.FullName, "charon.pid"));
        await DeafAsync();
        _charon = _lab.Start(Configuration.Node, new DaemonSetup
        {
            Name = Name,
            Command = [_release.CharonFile],
            Root = _release.Root,
            Environment = ImmutableDictionary<string, string>.Empty.Add("STRONGSWAN_CONF", Path.Combine(_folder, "strongswan.conf")),
        });
        await Until.TrueAsync($"{Product} takes its configuration", TimeSpan.FromSeconds(20), async () =>
        {
            if (!_charon.IsRunning) throw new InvalidOperationException($"charon ended with {_charon.ExitCode}:\n{_charon.Log()}");
            var load = await SwanctlAsync("--load-all");
            return !IsNotListening(load) && load.Checked().Ok;
        }, _charon.Log);
        await _lab.RunAsync(Configuration.Node, ["nft", "delete", "table", "inet", "deaf"]);
        if (Configuration.IsAnyToAny) await RouteAsync();
    }

    public async Task<bool> InitiateAsync() => (await SwanctlAsync("--initiate", "--child", StrongSwanFiles.ChildName, "--timeout", "15")).Ok;

    /// <summary>The IKE SA alone, where it may be without a child.</summary>
    public async Task<bool> InitiateIkeAsync() => (await SwanctlAsync("--initiate", "--ike", StrongSwanFiles.ConnectionName, "--timeout", "15")).Ok;

    /// <summary>Takes the connection down. An IKE SA that was rekeyed and ends by itself meanwhile makes the command fail: what counts is that none is left.</summary>
    public async Task TerminateAsync()
    {
        var terminate = await SwanctlAsync("--terminate", "--ike", StrongSwanFiles.ConnectionName, "--timeout", "10");
        if (!terminate.Ok && !(await SasAsync()).IsEmpty) terminate.Checked();
    }

    public async Task RekeyIkeAsync() => (await SwanctlAsync("--rekey", "--ike", StrongSwanFiles.ConnectionName)).Checked();

    public async Task RekeyChildAsync() => (await SwanctlAsync("--rekey", "--child", StrongSwanFiles.ChildName)).Checked();

    public async Task ReauthenticateAsync() => (await SwanctlAsync("--rekey", "--ike", StrongSwanFiles.ConnectionName, "--reauth")).Checked();

    public async Task<ImmutableArray<IkeSaStatus>> SasAsync()
    {
        var listing = (await SwanctlAsync("--list-sas", "--pretty")).Checked();
        return [.. ViciSection.Parse(listing.Output).Sections.Where(entry => entry.Name == "list-sa event").SelectMany(entry => entry.Section.Sections).Select(entry => Sa(entry.Section))];
    }

    /// <summary>The last notification of an error that charon's log shows, sent or received.</summary>
    public Task<TunnelFault?> FaultAsync()
    {
        TunnelFault? fault = null;
        foreach (var line in Log().Split('\n'))
        {
            if (Received().Match(line) is { Success: true } received) fault = new(received.Groups[1].Value, null, line);
            else if (Sent().Match(line) is { Success: true } sent) fault = new(LongNames[sent.Groups[1].Value], null, line);
            else if (line.Contains("giving up after", StringComparison.Ordinal)) fault = new("SILENT", null, line);
        }

        return Task.FromResult(fault);
    }

    public Task StopAsync() => _charon?.StopAsync() ?? Task.CompletedTask;

    public Task KillAsync() => _charon?.KillAsync() ?? Task.CompletedTask;

    /// <summary>charon's log since the first start; kept in the evidence.</summary>
    public string Log() => _charon?.Log() ?? "";

    /// <summary>What the running daemon says its version is.</summary>
    public async Task<string> DaemonVersionAsync() =>
        (await SwanctlAsync("--version", "--daemon")).Checked().Output;

    public async ValueTask DisposeAsync()
    {
        if (_charon is not null) await _charon.DisposeAsync();
    }

    // The socket's file is there a moment before charon listens on it.
    private static bool IsNotListening(ToolResult swanctl) => !swanctl.Ok && swanctl.Error.Contains("URI failed:", StringComparison.Ordinal);

    private static IkeSaStatus Sa(ViciSection sa) => new(
        sa.Value("state"), sa.Value("state") == "ESTABLISHED", sa.Value("initiator-spi"), sa.Value("responder-spi"), sa.Value("initiator") == "yes",
        TimeSpan.FromSeconds(Number(sa, "established")),
        [.. (sa.Section("child-sas")?.Sections ?? []).Select(entry => Child(entry.Section))])
    {
        Local = sa.Value("local-host"),
        Remote = sa.Value("remote-host"),
    };

    private static ChildSaStatus Child(ViciSection child) => new(
        child.Value("state"), child.Value("state") == "INSTALLED", Spi(child, "spi-in"), Spi(child, "spi-out"),
        Number(child, "packets-in"), Number(child, "bytes-in"), Number(child, "packets-out"), Number(child, "bytes-out"),
        child.Value("encap") == "yes",
        [.. child.List("local-ts")], [.. child.List("remote-ts")]);

    private static long Number(ViciSection section, string key) => long.TryParse(section.Value(key), CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static uint Spi(ViciSection section, string key) =>
        uint.TryParse(section.Value(key), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var spi) ? spi : 0;

    private async Task<ToolResult> SwanctlAsync(params ImmutableArray<string> arguments) => _lab.Note(await Tool.RunAsync(
        ["swanctl", .. arguments, "--uri", "unix://" + _socket], within: CommandDeadline,
        environment: ImmutableDictionary<string, string>.Empty
            .Add("STRONGSWAN_CONF", Path.Combine(_folder, "strongswan.conf"))
            .Add("SWANCTL_DIR", Path.Combine(_folder, "swanctl"))));

    private void WriteFiles()
    {
        var swanctl = Path.Combine(_folder, "swanctl");
        foreach (var kind in (string[])["x509", "x509ca", "x509ocsp", "x509aa", "x509ac", "x509crl", "pubkey", "private", "rsa", "ecdsa", "pkcs8", "pkcs12"])
            Directory.CreateDirectory(Path.Combine(swanctl, kind));
        File.WriteAllText(Path.Combine(_folder, "strongswan.conf"), StrongSwanFiles.Daemon(Configuration, _release, _socket, _logKeys));
        var connection = Written ?? StrongSwanFiles.Connection(Configuration);
        File.WriteAllText(Path.Combine(swanctl, "swanctl.conf"), connection);
        File.WriteAllText(Path.Combine(_lab.EvidenceFolder, Name + ".swanctl.conf"), connection);
        if (Configuration.Authentication.Certified is not { } certificate) return;
        File.WriteAllText(Path.Combine(swanctl, "x509", "own.pem"), certificate.CertificatePem);
        File.WriteAllText(Path.Combine(swanctl, "x509ca", "authority.pem"), certificate.AuthorityPem);
        for (var i = 0; i < certificate.MoreAuthorities.Length; i++)
            File.WriteAllText(Path.Combine(swanctl, "x509ca", $"authority-{i}.pem"), certificate.MoreAuthorities[i]);
        for (var i = 0; i < certificate.Intermediates.Length; i++)
            File.WriteAllText(Path.Combine(swanctl, "x509ca", $"intermediate-{i}.pem"), certificate.Intermediates[i]);
        File.WriteAllText(Path.Combine(swanctl, "private", "own.pem"), certificate.KeyPem);
    }

    /// <summary>
    /// charon answers before its configuration is loaded, with NO_PROPOSAL_CHOSEN, at which a strongSwan on the other side gives up
    /// for good. Until then it hears nothing.
    /// </summary>
    private Task<ToolResult> DeafAsync() => _lab.RunAsync(Configuration.Node, ["nft", "-f", "-"],
        "table inet deaf {\n  chain before {\n    type filter hook input priority 0;\n    udp dport { 500, 4500 } drop\n  }\n}\n");

    /// <summary>Any to any: routing decides what enters the tunnel, as on a route-based gateway.</summary>
    private async Task RouteAsync()
    {
        foreach (var network in Configuration.RemoteNetworks)
            await _lab.RunAsync(Configuration.Node, ["ip", "route", "replace", network, "dev", "ipsec0"]);
    }

    private static readonly Dictionary<string, string> LongNames = new(StringComparer.Ordinal)
    {
        ["AUTH_FAILED"] = "AUTHENTICATION_FAILED",
        ["NO_PROP"] = "NO_PROPOSAL_CHOSEN",
        ["TS_UNACCEPT"] = "TS_UNACCEPTABLE",
        ["FAIL_CP_REQ"] = "FAILED_CP_REQUIRED",
    };

    [GeneratedRegex(@"received (AUTHENTICATION_FAILED|NO_PROPOSAL_CHOSEN|TS_UNACCEPTABLE|FAILED_CP_REQUIRED)")]
    private static partial Regex Received();

    [GeneratedRegex(@"generating .*?N\((AUTH_FAILED|NO_PROP|TS_UNACCEPT|FAIL_CP_REQ)\)")]
    private static partial Regex Sent();
}
