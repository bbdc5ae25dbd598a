using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;

namespace EdgeVpn.Interop;

/// <summary>What a test here needs; it is skipped with the reason where that is missing, or fails if EDGEVPN_REQUIRE_INTEROP=1.</summary>
public static class Requires
{
    private static readonly string[] Tools = ["ip", "nft", "sysctl", "tcpdump", "iperf3", "swanctl", "mosquitto", "tshark", "python3"];

    /// <summary>Root and the lab's tools.</summary>
    public static void Lab()
    {
        if (!Environment.IsPrivilegedProcess) Missing("the lab makes network namespaces: run as root");
        var missing = Tools.Where(tool => !IsOnPath(tool)).ToArray();
        if (missing.Length > 0) Missing($"not installed: {string.Join(", ", missing)}; run scripts/lab-deps");
    }

    /// <summary>scapy and tshark, which need no root to read and write packets.</summary>
    public static void SecondReaders()
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/scapy") || !IsOnPath("tshark")) Missing("no python3-scapy or no tshark; run scripts/lab-deps");
    }

    /// <summary>A clock that a test sets for one process.</summary>
    public static void Faketime()
    {
        if (!IsOnPath("faketime")) Missing("no faketime; run scripts/lab-deps");
    }

    /// <summary>systemd-networkd and dnsmasq, run by themselves.</summary>
    public static void NetworkDaemons()
    {
        if (!File.Exists(Networkd) || !IsOnPath("dnsmasq")) Missing("no systemd-networkd or no dnsmasq; run scripts/lab-deps");
    }

    public const string Networkd = "/lib/systemd/systemd-networkd";

    /// <summary>Debian's browser.</summary>
    public const string Chromium = "/usr/bin/chromium";

    /// <summary>What drives it (Browser/package-lock.json), as <c>scripts/lab-deps</c> installs it.</summary>
    public static string BrowserModules => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "edgevpn", "browser");

    /// <summary>A browser, and what drives it.</summary>
    public static void Browser()
    {
        if (!File.Exists(Chromium) || !IsOnPath("node") || !Directory.Exists(Path.Combine(BrowserModules, "node_modules", "playwright-core")))
            Missing("no chromium, no node, or nothing that drives them; run scripts/lab-deps");
    }

    /// <summary>The lab and this strongSwan.</summary>
    public static void StrongSwan(StrongSwanRelease release)
    {
        Lab();
        if (!release.IsThere) Missing($"no strongSwan {release.Version} at {release.Root}{release.CharonFile}; run scripts/lab-deps");
    }

    /// <summary>The lab, libreswan, and scapy to open packets with its keys.</summary>
    public static void Libreswan()
    {
        Lab();
        SecondReaders();
        if (!LibreswanRelease.Debian12.IsThere) Missing($"no libreswan {LibreswanRelease.Debian12.Version} at {LibreswanRelease.Debian12.Root}; run scripts/lab-deps");
    }

    /// <summary>Peers that can play the row: what a release does not have is no gap of the lab, and is skipped in any case.</summary>
    public static void Of(StrongSwanRelease? notBefore, params ReadOnlySpan<StrongSwanRelease> peers)
    {
        foreach (var peer in peers)
            if (notBefore is { } first && Version.Parse(peer.Version) < Version.Parse(first.Version)) Assert.Skip($"strongSwan {peer.Version} does not have it");
    }

    /// <summary>The role that the row is about.</summary>
    public static void Of(Scenario row, Role role)
    {
        if (row.Only is { } only && only != role) Assert.Skip($"the row is about another role: {only}");
    }

    /// <summary>A build of the appliance that has a daemon.</summary>
    public static async Task ApplianceAsync()
    {
        if (await ApplianceFile.WhyMissingAsync() is { } why) Missing(why);
    }

    private static void Missing(string why)
    {
        if (Environment.GetEnvironmentVariable("EDGEVPN_REQUIRE_INTEROP") == "1") Assert.Fail(why);
        Assert.Skip(why);
    }

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
}
