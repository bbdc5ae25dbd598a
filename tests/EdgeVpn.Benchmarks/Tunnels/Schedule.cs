namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>What is measured, and with whom.</summary>
internal static class Schedule
{
    /// <summary>What the ratios at the top of the JSON are taken from.</summary>
    public const string Headline = "tcp1/super/" + Suites.Gcm;

    public static IReadOnlyList<Measure> Measures(BenchOptions options)
    {
        var few = options.Quick ? 1 : Math.Min(3, options.Rounds);
        var all = options.Rounds;
        return options.Quick
            ?
            [
                new(Kind.Tcp, 1, Wire.Super, Suites.Gcm, all),
                new(Kind.Tcp, 1, Wire.Cut, Suites.Gcm, all),
                new(Kind.Udp, 1372, Wire.Super, Suites.Gcm, few),
                new(Kind.RoundTrip, 0, Wire.Super, Suites.Gcm, few),
                new(Kind.Tcp, 1, Wire.Super, Suites.Cbc, few),
                new(Kind.Tcp, 1, Wire.Super, Suites.ChaCha, few),
            ]
            :
            [
                new(Kind.Tcp, 1, Wire.Super, Suites.Gcm, all),
                new(Kind.Tcp, 8, Wire.Super, Suites.Gcm, all),
                new(Kind.Tcp, 1, Wire.CutAndJoined, Suites.Gcm, all),
                new(Kind.Tcp, 1, Wire.Cut, Suites.Gcm, all),
                new(Kind.Tcp, 8, Wire.Cut, Suites.Gcm, all),
                new(Kind.Udp, 64, Wire.Super, Suites.Gcm, few),
                new(Kind.Udp, 256, Wire.Super, Suites.Gcm, few),
                new(Kind.Udp, 1372, Wire.Super, Suites.Gcm, few),
                new(Kind.Udp, 1372, Wire.Cut, Suites.Gcm, few),
                new(Kind.RoundTrip, 0, Wire.Super, Suites.Gcm, few),
                new(Kind.RoundTrip, 1, Wire.Super, Suites.Gcm, few),
                new(Kind.Tcp, 1, Wire.Super, Suites.Cbc, few),
                new(Kind.Tcp, 1, Wire.Super, Suites.ChaCha, few),
                new(Kind.Tcp, 1, Wire.Cut, Suites.ChaCha, few),
            ];
    }

    /// <summary>Everybody with AES-GCM (WireGuard with the only cipher it has); then ours and strongSwan with the others.</summary>
    public static IReadOnlyList<Contender> Contenders(BenchOptions options, Builds builds)
    {
        List<Contender> all =
        [
            new PlainLink(),
            new EdgeVpnPair(Contender.OursNative, Suites.Gcm, builds.Native),
            new EdgeVpnPair(Contender.OursJit, Suites.Gcm, builds.Jit),
            new StrongSwanPair(Suites.Gcm),
            new WireGuardPair(Contender.WireGuard, builds.WireGuardGo),
        ];
        if (!options.Quick) all.Add(new EdgeVpnPair(Contender.OursProtocol50, Suites.Gcm, builds.Native, inUdp: false));
        if (options.WireGuardGo is { } given) all.Add(new WireGuardPair(Contender.WireGuardGiven, given));
        foreach (var suite in (string[])[Suites.Cbc, Suites.ChaCha])
        {
            all.Add(new EdgeVpnPair(Contender.OursNative, suite, builds.Native));
            all.Add(new StrongSwanPair(suite));
        }

        return options.Only.Count == 0 ? all : [.. all.Where(contender => options.Only.Contains(contender.Name))];
    }
}
