using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.Interop.Peers;

/// <summary>An SA that pluto gave to the kernel, or to what answers in its place.</summary>
public sealed record LibreswanSa(EspKeys Keys, bool HasExtendedNumbers);

/// <summary>A pluto with its own configuration and certificates in one node of a lab, spoken to with whack: IKE in full, and no ESP.</summary>
public sealed partial class Libreswan : IVpnEnd
{
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromSeconds(20);

    // $1 folder, $2 what answers for the kernel, $3 pluto. The certificates' database is made once.
    private const string Begin = """
        cd "$1"; mkdir -p nss run ipsec.d
        if [ ! -e nss/cert9.db ]; then
          certutil -N -d sql:nss --empty-password
          if [ -e own.p12 ]; then pk12util -i own.p12 -d sql:nss -W lab; fi
          for authority in authority*.pem; do
            if [ -e "$authority" ]; then certutil -A -d sql:nss -n "$authority" -t CT,, -a -i "$authority"; fi
          done
        fi
        exec env LD_PRELOAD="$2" EDGEVPN_XFRM_LOG="$1/sas" "$3" --nofork --stderrlog --no-dnssec --config "$1/ipsec.conf" --secretsfile "$1/ipsec.secrets" \
          --nssdir "sql:$1/nss" --rundir "$1/run" --ipsecdir "$1/ipsec.d"
        """;

    private readonly Lab _lab;
    private readonly LibreswanRelease _release;
    private readonly string _folder;
    private Daemon? _pluto;
    private (ImmutableArray<string>, ImmutableArray<string>)? _selectors;
    private int _loggedBefore;

    public Libreswan(Lab lab, LibreswanRelease release, TunnelEnd configuration)
    {
        _lab = lab;
        _release = release;
        Configuration = configuration;
        _folder = Path.Combine(lab.RunFolder, Name);
    }

    public string Product => $"libreswan {_release.Version}";

    public bool AlwaysUdp => false;

    public bool GuardsClearText => false;

    /// <summary>What whack asked for once is asked for again when the peer ends it.</summary>
    public bool KeepsUp => Configuration.Node == Node.Box;

    public TunnelEnd Configuration { get; }

    /// <summary>pluto of this end; null before its start.</summary>
    public Daemon? Daemon => _pluto;

    private string Name => Configuration.Node == Node.Box ? "branch" : "cloud";

    public async Task StartAsync()
    {
        await WriteFilesAsync();
        _loggedBefore = _pluto?.Log().Length ?? 0;
        _pluto = _lab.Start(Configuration.Node, new DaemonSetup
        {
            Name = Name,
            Command = ["/bin/sh", "-ec", Begin, "pluto", _folder, LibreswanRelease.KernelFile, LibreswanRelease.PlutoFile],
            Root = _release.Root,
        });
        await Until.TrueAsync($"{Product} takes its configuration and listens", TimeSpan.FromSeconds(30), () =>
        {
            if (!_pluto.IsRunning) throw new InvalidOperationException($"pluto ended with {_pluto.ExitCode}:\n{_pluto.Log()}");
            var log = Log();
            return log.Contains("added IKEv2 connection", StringComparison.Ordinal) && log.Contains("loading secrets from", StringComparison.Ordinal);
        }, Log);
    }

    public async Task<bool> InitiateAsync() =>
        (await WhackAsync("--initiate", "--name", LibreswanFiles.ConnectionName)).Output.Contains("established Child SA", StringComparison.Ordinal);

    public async Task TerminateAsync() => await WhackAsync("--terminate", "--name", LibreswanFiles.ConnectionName);

    public async Task RekeyIkeAsync() => await WhackAsync("--rekey-ike", "--name", LibreswanFiles.ConnectionName);

    public async Task RekeyChildAsync() => await WhackAsync("--rekey-ipsec", "--name", LibreswanFiles.ConnectionName);

    public Task ReauthenticateAsync() => throw new NotSupportedException("libreswan authenticates anew by configuration only");

    public async Task<ImmutableArray<IkeSaStatus>> SasAsync()
    {
        if (_pluto is not { IsRunning: true }) return [];
        var states = (await WhackAsync("--showstates")).Output;
        var children = Child().Matches(states).ToLookup(child => child.Groups["ike"].Value, child => child.Groups["id"].Value);
        if (children.Count > 0) _selectors ??= await SelectorsAsync();
        var (local, remote) = _selectors ?? ([], []);
        var log = Log();
        return [.. Ike().Matches(states).Select(ike =>
        {
            var (initiator, responder, weInitiated) = Spis(log, ike.Groups["id"].Value);
            var state = ike.Groups["state"].Value;
            return new IkeSaStatus(
                state, state == "ESTABLISHED_IKE_SA", initiator, responder, weInitiated, TimeSpan.Zero,
                [.. children[ike.Groups["id"].Value].Select(id => Child(states, id, local, remote)).OfType<ChildSaStatus>()]);
        })];
    }

    /// <summary>The last notification of an error that pluto's log shows, sent or received.</summary>
    public Task<TunnelFault?> FaultAsync()
    {
        var last = Log().Split('\n').LastOrDefault(static line => (!line.Contains(": | ", StringComparison.Ordinal) || line.Contains("Notify Message Type", StringComparison.Ordinal)) && Fault().IsMatch(line));
        if (last is not null) return Task.FromResult<TunnelFault?>(new TunnelFault(Fault().Match(last).Value, null, last));
        var silent = Log().Split('\n').LastOrDefault(static line => line.Contains("second timeout exceeded", StringComparison.Ordinal));
        return Task.FromResult(silent is null ? null : new TunnelFault("SILENT", null, silent));
    }

    public Task StopAsync() => _pluto?.StopAsync() ?? Task.CompletedTask;

    public Task KillAsync() => _pluto?.KillAsync() ?? Task.CompletedTask;

    /// <summary>pluto's log since its last start.</summary>
    public string Log() => _pluto?.Log()[_loggedBefore..] ?? "";

    /// <summary>Every SA that pluto made since the first start, in order, and gone ones too.</summary>
    public ImmutableArray<LibreswanSa> EspSas() => [.. File.ReadAllLines(Path.Combine(_folder, "sas")).Where(static line => line.StartsWith("sa ", StringComparison.Ordinal)).Select(Read)];

    public async ValueTask DisposeAsync()
    {
        if (_pluto is not null) await _pluto.DisposeAsync();
    }

    private static LibreswanSa Read(string line)
    {
        var words = line.Split(' ');
        (string Name, ImmutableArray<byte> Key) After(string kind) => Array.IndexOf(words, kind) is var at && at < 0 ? ("", []) : (words[at + 1], [.. Convert.FromHexString(words[at + 2])]);
        var ((cipher, key), (integrity, integrityKey)) = (After("cipher"), After("integrity"));
        const int Salt = 4;
        var encryption = cipher switch
        {
            "rfc4106(gcm(aes))" => $"aes{(key.Length - Salt) * 8}gcm16",
            "aes" => $"aes{key.Length * 8}",
            _ => throw new FormatException($"a cipher that no second reader is told of here: {cipher}"),
        };
        var keys = new EspKeys(
            uint.Parse(words[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture), words[1], words[2], encryption,
            integrity.Length == 0 ? "" : integrity["hmac(".Length..^1], key, integrityKey);
        return new LibreswanSa(keys, words.Contains("esn"));
    }

    /// <summary>As the log tells them when it files a state under its SPIs, at last with the responder's.</summary>
    private static (string Initiator, string Responder, bool WeInitiated) Spis(string log, string id)
    {
        var filed = Filed().Matches(log).Where(match => match.Groups["id"].Value == id).ToArray();
        if (filed.Length == 0) return ("", "", false);
        var spis = filed[^1].Groups["spis"].Value.Replace(" ", "");
        return (spis[..16], spis[16..], log.Contains($"#{id}: initiating", StringComparison.Ordinal));
    }

    private static ChildSaStatus? Child(string states, string id, ImmutableArray<string> local, ImmutableArray<string> remote)
    {
        if (Regex.Match(states, $@"#{id}: ""gw""[^\n]*? esp\.([0-9a-f]+)@\S+ esp\.([0-9a-f]+)@") is not { Success: true } spis) return null;
        uint Spi(int group) => uint.Parse(spis.Groups[group].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new ChildSaStatus("ESTABLISHED", true, Spi(2), Spi(1), 0, 0, 0, 0, false, local, remote);
    }

    private async Task<(ImmutableArray<string>, ImmutableArray<string>)?> SelectorsAsync()
    {
        var status = (await WhackAsync("--status")).Output;
        return Selectors().Match(status) is { Success: true } match ? ([match.Groups[1].Value], [match.Groups[2].Value]) : null;
    }

    // Its exit code is that of the last line it prints; the lines are what counts.
    private async Task<ToolResult> WhackAsync(params ImmutableArray<string> arguments) => _lab.Note(await Tool.RunAsync(
        ["nsenter", "--target", $"{_pluto!.ProcessId}", "--mount", "--net", "--root", "--wdns=/", LibreswanRelease.WhackFile, "--rundir", Path.Combine(_folder, "run"), .. arguments],
        within: CommandDeadline));

    private async Task WriteFilesAsync()
    {
        Directory.CreateDirectory(_folder);
        var connection = LibreswanFiles.Connection(Configuration);
        await File.WriteAllTextAsync(Path.Combine(_folder, "ipsec.conf"), connection);
        await File.WriteAllTextAsync(Path.Combine(_lab.EvidenceFolder, Name + ".ipsec.conf"), connection);
        await File.WriteAllTextAsync(Path.Combine(_folder, "ipsec.secrets"), LibreswanFiles.Secrets(Configuration));
        if (Configuration.Authentication is not Authentication.Certificate certificate || File.Exists(Path.Combine(_folder, "own.p12"))) return;
        await File.WriteAllTextAsync(Path.Combine(_folder, "authority.pem"), certificate.AuthorityPem);
        for (var i = 0; i < certificate.MoreAuthorities.Length; i++) await File.WriteAllTextAsync(Path.Combine(_folder, $"authority-{i}.pem"), certificate.MoreAuthorities[i]);
        var own = Path.Combine(_folder, "own.pem");
        await File.WriteAllTextAsync(own, string.Join('\n', [certificate.CertificatePem, certificate.KeyPem, .. certificate.Intermediates]));
        (await Tool.RunAsync(["openssl", "pkcs12", "-export", "-in", own, "-name", LibreswanFiles.CertificateName, "-passout", "pass:lab", "-out", Path.Combine(_folder, "own.p12")])).Checked();
    }

    // #1: "gw"[1] 192.0.2.2:500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); REKEY in 28529s; …
    [GeneratedRegex(@"#(?<id>\d+): ""gw""[^\n]*? STATE_V2_(?<state>\S+) \([^)]*\);(?![^\n]*IKE SA #)")]
    private static partial Regex Ike();

    // #2: "gw"[1] 192.0.2.2:500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); …; IKE SA #1; idle;
    [GeneratedRegex(@"#(?<id>\d+): ""gw""[^\n]*? STATE_V2_ESTABLISHED_CHILD_SA [^\n]*IKE SA #(?<ike>\d+)")]
    private static partial Regex Child();

    // hash_table_entries.ike_spis@0x55c0 "gw"[1] 192.0.2.2 #1: a2 e8 af 70  71 98 34 10  d5 9e 8d cc  36 ad 11 a4 added to hash table …
    [GeneratedRegex(@"ike_spis@\S+ ""gw""[^#\n]*#(?<id>\d+): (?<spis>(?:[0-9a-f]{2} +){16})added")]
    private static partial Regex Filed();

    // "gw"[1]: 10.20.0.0/24===203.0.113.2[@cloud.lab]...192.0.2.2[@branch.lab]===10.10.0.0/24; erouted; …
    [GeneratedRegex(@"""gw""(?:\[\d+\])?: ([0-9a-f.:/]+)===\S+===([0-9a-f.:/]+);")]
    private static partial Regex Selectors();

    [GeneratedRegex("AUTHENTICATION_FAILED|NO_PROPOSAL_CHOSEN|TS_UNACCEPTABLE")]
    private static partial Regex Fault();
}
