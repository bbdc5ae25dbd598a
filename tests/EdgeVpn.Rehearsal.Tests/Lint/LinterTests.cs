using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Tests.Lint;

public class LinterTests
{
    private static readonly AzureSide s_recommended = new() { Told = AzureProposals.Of(AzurePolicy.Recommended) };
    private static readonly string[] s_gcmIke = ["aes256gcm16-prfsha384-ecp384"];
    private static readonly string[] s_gcmEsp = ["aes256gcm16-ecp384"];

    [Fact]
    public void The_defaults_work_and_what_is_weak_in_them_comes_with_the_lines_that_mend_both_ends()
    {
        var report = Lint(Parts.Config());
        Assert.False(report.Fails);
        var group = Assert.Single(report.Findings, f => f.Id == FindingId.WeakGroup);
        Assert.Equal((FindingSeverity.Warning, "$.connections[0].ike.proposals"), (group.Severity, group.Path));
        Assert.Contains("group 2", group.Message, StringComparison.Ordinal);
        Assert.StartsWith("az network vpn-connection ipsec-policy add --resource-group GROUP --connection-name hub --ike-encryption GCMAES256", group.Mend, StringComparison.Ordinal);
        Assert.EndsWith("\"ike\": { \"proposals\": [\"aes256gcm16-prfsha384-ecp384\"] }, \"esp\": { \"proposals\": [\"aes256gcm16-ecp384\"] }", group.Mend, StringComparison.Ordinal);
        Assert.Contains(report.Findings, f => f.Id == FindingId.WeakHash && f.Message.Contains("SHA1", StringComparison.Ordinal));
    }

    /// <summary>What lint advises is what lint, and the rehearsal, then find nothing wrong with.</summary>
    [Fact]
    public void Who_follows_the_advice_has_nothing_left_to_mend()
    {
        var report = Lint(Parts.Config(s_gcmIke, s_gcmEsp));
        Assert.DoesNotContain(report.Findings, f => f.Severity != FindingSeverity.Info);
        Assert.Equal("the custom policy GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384", Assert.Single(report.Connections).Gateway);
        Assert.Empty(Parts.Play(Parts.Config(s_gcmIke, s_gcmEsp), AzurePolicy.Recommended).Failures);
    }

    [Fact]
    public void Pfs_that_azures_own_offers_lack_is_an_error_before_anyone_drives_to_the_branch()
    {
        var report = Lint(Parts.Config(["aes256-sha256-modp1024"], ["aes256-sha256-modp2048"]));
        Assert.True(report.Fails);
        var error = Assert.Single(report.Findings, f => f.Severity == FindingSeverity.Error);
        Assert.Equal((FindingId.ChildRenewalByAzure, "$.connections[0].esp.proposals"), (error.Id, error.Path));
        Assert.Contains("32 no-proposal-esp", error.Message, StringComparison.Ordinal);
        Assert.Contains("--pfs-group PFS2048", error.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tunnel_that_anybody_could_read_is_said_though_azure_would_never_agree_to_it()
    {
        var report = Lint(Parts.Config(s_gcmIke, ["aes256gcm16-ecp384", "aes256gmac-ecp384"]));
        var weak = Assert.Single(report.Findings, f => f.Id == FindingId.WeakCipher);
        Assert.Equal((FindingSeverity.Warning, "$.connections[0].esp.proposals[1]"), (weak.Severity, weak.Path));
        Assert.StartsWith("aes256gmac is integrity without secrecy", weak.Message, StringComparison.Ordinal);
        Assert.Contains("--ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256", weak.Mend, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Mendable => new()
    {
        { "aes256-sha256-modp1024", "aes256-sha256-modp2048" },
        { "aes256-sha256-modp1024", "aes256gcm16-ecp384" },
        { "aes128-sha1-modp1024", "aes128gcm16-ecp256" },
        { "aes256gcm16-prfsha256-ecp256", "aes256-sha256-modp2048" },
    };

    /// <summary>The az line of a mend is parsed and put into force: then lint and engine agree that it works.</summary>
    [Theory]
    [MemberData(nameof(Mendable))]
    public void The_az_line_of_a_mend_works(string ike, string esp)
    {
        var config = Parts.Config([ike], [esp]);
        var error = Lint(config, new AzureSide { Told = AzureProposals.Default }).Findings.First(f => f.Severity == FindingSeverity.Error);
        var words = error.Mend![error.Mend!.IndexOf("az network", StringComparison.Ordinal)..].Split(' ');
        var policy = new AzurePolicy(Of("--ike-encryption"), Of("--ike-integrity"), Of("--dh-group"), Of("--ipsec-encryption"), Of("--ipsec-integrity"), Of("--pfs-group"));
        Assert.False(Lint(config, new AzureSide { Told = AzureProposals.Of(policy) }).Fails);
        Assert.Empty(Parts.Play(config, policy).Failures);

        string Of(string option) => words[Array.IndexOf(words, option) + 1];
    }

    /// <summary>The other half of that mend: leave the lists out.</summary>
    [Fact]
    public void The_defaults_meet_what_named_proposals_did_not() =>
        Assert.False(Lint(Parts.Config(), new AzureSide { Told = AzureProposals.Default }).Fails);

    public static TheoryData<string, string, string> Agreements => new()
    {
        { "default", "", "" }, { "default", "aes256-sha256-modp1024", "aes256-sha256-modp2048" }, { "default", "aes256-sha256-modp1024", "aes256gcm16-ecp384" },
        { "default", "aes256-sha256-modp1024", "aes256gcm16-esn" }, { "default", "aes256gcm16-prfsha384-ecp384", "aes256gcm16" }, { "default", "3des-sha1-modp1024", "3des-sha1" },
        { "recommended", "", "" }, { "recommended", "aes256gcm16-prfsha384-ecp384", "aes256gcm16" }, { "recommended", "aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp384-none" },
        { "recommended", "aes256gcm16-prfsha256-ecp384", "aes256gcm16-ecp384" }, { "recommended", "aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp256" },
    };

    [Theory]
    [MemberData(nameof(Agreements))]
    public void Lint_fails_where_the_rehearsal_fails_and_nowhere_else(string side, string ike, string esp)
    {
        var config = Parts.Config(ike.Length == 0 ? [] : [ike], esp.Length == 0 ? [] : [esp]);
        var policy = side == "default" ? null : AzurePolicy.Recommended;
        var report = Lint(config, new AzureSide { Told = AzureProposals.Of(policy) });
        var played = Parts.Play(config, policy);
        Assert.Equal(played.Failures.Length > 0, report.Fails);
        Assert.Equal(
            played.Failures.Select(f => $"{f.What.Kind} {f.What.By}").Order(),
            report.Findings.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Id switch
            {
                FindingId.BoxCalls => f.Path.Contains("ike", StringComparison.Ordinal) ? "CallRefused box" : "ChildRefused box",
                FindingId.AzureCalls => f.Path.Contains("ike", StringComparison.Ordinal) ? "CallRefused azure" : "ChildRefused azure",
                FindingId.ChildRenewalByBox => "ChildReplacementRefused box",
                FindingId.ChildRenewalByAzure => "ChildReplacementRefused azure",
                FindingId.IkeRenewalByBox => "IkeReplacementRefused box",
                FindingId.IkeRenewalByAzure => "IkeReplacementRefused azure",
                _ => f.Id,
            }).Order());
    }

    public static TheoryData<string, FindingSeverity, string> Rules => new()
    {
        { FindingId.LifetimeLonger, FindingSeverity.Warning, "$.connections[0].esp.lifetime" },
        { FindingId.WeakCipher, FindingSeverity.Warning, "$.connections[0].esp.proposals" },
        { FindingId.GcmIntegrity, FindingSeverity.Warning, "$.connections[0].esp.proposals[0]" },
        { FindingId.DpdRange, FindingSeverity.Error, "$.connections[0].dpd.timeout" },
        { FindingId.DpdAdvice, FindingSeverity.Warning, "$.connections[0].dpd.timeout" },
        { FindingId.SecretCharacters, FindingSeverity.Error, "$.secrets.hub.psk" },
        { FindingId.SecretLength, FindingSeverity.Warning, "$.secrets.hub.psk" },
        { FindingId.AsnReserved, FindingSeverity.Error, "$.connections[0].bgp.localAsn" },
        { FindingId.AsnSame, FindingSeverity.Error, "$.connections[0].bgp.localAsn" },
        { FindingId.BgpHold, FindingSeverity.Warning, "$.connections[0].bgp.hold" },
        { FindingId.BgpAddress, FindingSeverity.Error, "$.connections[0].bgp.localAddress" },
        { FindingId.ApipaNat, FindingSeverity.Error, "$.connections[0].nat" },
        { FindingId.ApipaRange, FindingSeverity.Error, "$.connections[0].bgp.peerAddress" },
        { FindingId.ApipaCalls, FindingSeverity.Info, "$.connections[0].bgp.peerAddress" },
        { FindingId.PrefixOverlap, FindingSeverity.Warning, "$.connections[0].remote.networks[0]" },
        { FindingId.MtuTooLarge, FindingSeverity.Warning, "$.connections[0].tunnel.mtu" },
        { FindingId.NatMustCall, FindingSeverity.Error, "$.connections[0].mode" },
        { FindingId.NobodyCalls, FindingSeverity.Error, "$.connections[0].mode" },
        { FindingId.BasicLacks, FindingSeverity.Error, "$.connections[0].ike.proposals" },
        { FindingId.ActiveActiveBgp, FindingSeverity.Warning, "$.connections[0].remote.strategy" },
        { FindingId.SelectorsOfAzure, FindingSeverity.Info, "$.connections[0].trafficSelectors" },
    };

    /// <summary>Each rule speaks for its own fault, and is silent for the sound configuration.</summary>
    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_speaks_when_its_fault_is_there(string id, FindingSeverity severity, string path)
    {
        var (connection, side) = Fault(id);
        var finding = Lint(connection, side, Secret(id)).Findings.First(f => f.Id == id);
        Assert.Equal((severity, path), (finding.Severity, finding.Path));
        Assert.Matches("^[A-Z\"a-z0-9].*[.]$", finding.Message);
        Assert.DoesNotContain(Lint(Parts.Config(s_gcmIke, s_gcmEsp), s_recommended).Findings, f => f.Id == id);
    }

    [Fact]
    public void Every_id_is_tested_here()
    {
        string[] elsewhere =
        [
            FindingId.Gateway, FindingId.NotAzure, FindingId.EngineLacks, FindingId.BoxCalls, FindingId.AzureCalls, FindingId.ChildRenewalByBox, FindingId.ChildRenewalByAzure,
            FindingId.IkeRenewalByBox, FindingId.IkeRenewalByAzure, FindingId.RenewalTimes, FindingId.WeakGroup, FindingId.WeakHash, FindingId.TunnelMtu,
        ];
        Assert.Equal(FindingId.All.Order(), Rules.Select(row => (string)row.Data.Item1).Concat(elsewhere).Order());
    }

    [Theory]
    [InlineData(8074, true)]
    [InlineData(8076, false)]
    [InlineData(12076, true)]
    [InlineData(23456, true)]
    [InlineData(64496, true)]
    [InlineData(64511, true)]
    [InlineData(64512, false)]
    [InlineData(65514, false)]
    [InlineData(65515, true)]
    [InlineData(65516, false)]
    [InlineData(65517, true)]
    [InlineData(65520, true)]
    [InlineData(65521, false)]
    [InlineData(65534, false)]
    [InlineData(65551, true)]
    [InlineData(65552, false)]
    public void Reserved_as_numbers_are_those_on_microsofts_list(long asn, bool isReserved)
    {
        var connection = Parts.Config() with { Bgp = new BgpConfig { LocalAsn = asn, PeerAsn = 65_001, PeerAddress = IPAddress.Parse("10.20.255.30") } };
        Assert.Equal(isReserved, Lint(connection).Findings.Any(f => f.Id == FindingId.AsnReserved));
    }

    /// <summary>The largest inner IPv4 packets, computed independently of the code.</summary>
    [Theory]
    [InlineData(1500, "aes256gcm16", 1446, 1438)]
    [InlineData(1500, "aes256-sha256", 1438, 1422)]
    [InlineData(1492, "aes256gcm16", 1438, 1430)]
    [InlineData(1492, "aes256-sha256", 1422, 1422)]
    [InlineData(1460, "aes256gcm16", 1406, 1398)]
    [InlineData(1460, "aes256-sha256", 1390, 1390)]
    [InlineData(1400, "aes256gcm16", 1346, 1338)]
    [InlineData(1400, "aes256-sha256", 1326, 1326)]
    public void The_size_of_a_tunnel_is_told_per_suite(int wan, string esp, int plain, int behindNat)
    {
        var finding = Assert.Single(Lint(Parts.Config(esp: [esp]), new AzureSide { WanMtu = wan }).Findings, f => f.Id == FindingId.TunnelMtu);
        Assert.Contains($"{plain} octets, {behindNat} behind a NAT", finding.Message, StringComparison.Ordinal);
        Assert.Equal(behindNat < 1400, finding.Message.Contains("Microsoft's tunnel MTU of 1400 would not fit", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_renews_first_and_when_is_told_and_what_is_not_known_is_said()
    {
        var times = Lint(Parts.Config()).Findings.Where(f => f.Id == FindingId.RenewalTimes).ToList();
        Assert.Equal(["$.connections[0].esp.lifetime", "$.connections[0].ike.lifetime"], times.Select(f => f.Path));
        Assert.StartsWith("The box is first to renew the child SA: the box between 6 h 04 min and 6 h 45 min after it was made; Azure's moment is not documented", times[0].Message, StringComparison.Ordinal);

        var longer = Lint(Parts.Config() with { Esp = new EspConfig { Lifetime = TimeSpan.FromHours(24) } }).Findings;
        Assert.StartsWith("Azure is first to renew the child SA", longer.First(f => f.Id == FindingId.RenewalTimes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_cannot_be_azure_is_left_alone()
    {
        var strange = Parts.Config(["chacha20poly1305-prfsha256-x25519"], ["chacha20poly1305-x25519"]);
        Assert.Equal(FindingId.NotAzure, Assert.Single(Lint(strange).Findings).Id);
        Assert.Empty(Lint(strange, new AzureSide { OnlyLikely = true }).Findings);
        Assert.True(Lint(strange, new AzureSide { Told = AzureProposals.Default }).Fails);

        // The rehearsal does the same.
        var played = Rehearser.Play(Parts.Box(strange), Parts.Gateway() with { Assumed = true }, Parts.Habits);
        Assert.Equal((0, 0), (played.Scenes.Length, played.Failures.Length));
        Assert.Contains("another gateway", Assert.Single(played.NotPlayed), StringComparison.Ordinal);
        Assert.NotEmpty(Parts.Play(strange).Failures);
    }

    [Theory]
    [InlineData("aes256ctr-sha256-modp2048", "aes256gcm16", "ike")]
    [InlineData("aes256-sha256-modp1024", "aes256ctr-sha256", "esp")]
    public void Proposals_of_which_the_engine_computes_none_fail_and_are_not_played(string ike, string esp, string field)
    {
        var config = Parts.Config([ike], [esp]);
        var finding = Assert.Single(Lint(config).Findings, f => f.Severity == FindingSeverity.Error);
        Assert.Equal((FindingId.EngineLacks, $"$.connections[0].{field}.proposals"), (finding.Id, finding.Path));
        var played = Parts.Play(config);
        Assert.Empty(played.Scenes);
        Assert.Equal(finding.Message, Assert.Single(played.Failures).Sentence);
    }

    [Fact]
    public void Azures_renewal_of_the_ike_sa_is_judged_although_only_the_box_may_call()
    {
        // Each end's own order and offers count when it asks: here only the box's call finds a common PRF.
        var box = Parts.Config(["aes256-sha256-modp1024"]) with { Mode = ConnectionMode.Initiator };
        var report = Lint(box, new AzureSide { Told = AzureProposals.Default });
        Assert.DoesNotContain(report.Findings, f => f.Id == FindingId.AzureCalls);
        Assert.DoesNotContain(report.Findings, f => f.Id is FindingId.IkeRenewalByAzure or FindingId.IkeRenewalByBox);
        Assert.Contains(report.Findings, f => f.Id == FindingId.ChildRenewalByAzure && f.Severity == FindingSeverity.Info);
    }

    [Fact]
    public void Without_a_word_the_gateway_is_the_default_set_if_a_tunnel_would_come_up_with_it()
    {
        Assert.Null(AzureAssumption.PolicyFor(Specs([], [])));
        Assert.Null(AzureAssumption.PolicyFor(Specs(["aes256-sha256-modp1024"], ["aes256gcm16-ecp384"])));
        Assert.Equal(AzurePolicy.Recommended, AzureAssumption.PolicyFor(Specs(s_gcmIke, s_gcmEsp)));
        Assert.Null(AzureAssumption.PolicyFor(Specs(["chacha20poly1305-prfsha256-x25519"], [])));

        static EdgeVpn.Rehearsal.Proposals.ConnectionSpecs Specs(string[] ike, string[] esp) =>
            EdgeVpn.Rehearsal.Proposals.ConnectionSpecs.Of(Parts.Config(ike, esp), AlgorithmCatalog.Default);
    }

    private static (ConnectionConfig Connection, AzureSide Side) Fault(string id)
    {
        var sound = Parts.Config(s_gcmIke, s_gcmEsp);
        var bgp = new BgpConfig { LocalAsn = 65_010, PeerAsn = 65_515, PeerAddress = IPAddress.Parse("10.20.255.30") };
        var apipa = bgp with { LocalAddress = IPAddress.Parse("169.254.21.2"), PeerAddress = IPAddress.Parse("169.254.21.1") };
        return id switch
        {
            FindingId.LifetimeLonger => (sound with { Esp = sound.Esp with { Lifetime = TimeSpan.FromHours(8) } }, s_recommended),
            FindingId.WeakCipher => (Parts.Config(["aes256-sha256-modp1024"], ["3des-sha256"]), new AzureSide()),
            FindingId.GcmIntegrity => (Parts.Config(s_gcmIke, ["aes256gcm16-sha256-ecp384"]), s_recommended),
            FindingId.DpdRange => (sound with { Dpd = new DpdConfig { Timeout = TimeSpan.FromSeconds(5) } }, s_recommended),
            FindingId.DpdAdvice => (sound with { Dpd = new DpdConfig { Timeout = TimeSpan.FromSeconds(20) } }, s_recommended),
            FindingId.AsnReserved => (sound with { Bgp = bgp with { LocalAsn = 65_517 } }, s_recommended),
            FindingId.AsnSame => (sound with { Bgp = bgp with { LocalAsn = 65_010, PeerAsn = 65_010 } }, s_recommended),
            FindingId.BgpHold => (sound with { Bgp = bgp with { Hold = TimeSpan.FromSeconds(90) } }, s_recommended),
            FindingId.BgpAddress => (sound with { Bgp = bgp with { LocalAddress = IPAddress.Parse("198.51.100.7") }, Local = new LocalConfig { Address = IPAddress.Parse("198.51.100.7") } }, s_recommended),
            FindingId.ApipaNat => (sound with { Bgp = apipa, Nat = [new NatRuleConfig { By = NatTranslator.Peer, Internal = IPNetwork.Parse("10.10.0.0/24"), External = IPNetwork.Parse("10.99.0.0/24") }] }, s_recommended),
            FindingId.ApipaRange => (sound with { Bgp = apipa with { PeerAddress = IPAddress.Parse("169.254.23.1") } }, s_recommended),
            FindingId.ApipaCalls => (sound with { Bgp = apipa }, s_recommended),
            FindingId.PrefixOverlap => (sound with { Local = new LocalConfig { Networks = [IPNetwork.Parse("10.10.1.0/24")] }, Remote = sound.Remote with { Networks = [IPNetwork.Parse("10.10.0.0/16")] } }, s_recommended),
            FindingId.MtuTooLarge => (sound with { Tunnel = new TunnelConfig { Mtu = new AutoOrOctets(1450) } }, s_recommended),
            FindingId.NatMustCall => (sound with { Mode = ConnectionMode.Responder }, s_recommended with { BehindNat = true }),
            FindingId.NobodyCalls => (sound with { Mode = ConnectionMode.Responder }, s_recommended with { Mode = Ipsec.Ike.ConnectionMode.ResponderOnly }),
            FindingId.BasicLacks => (sound, s_recommended with { Sku = "Basic" }),
            FindingId.ActiveActiveBgp => (sound with
            {
                Remote = sound.Remote with
                {
                    Strategy = EndpointStrategy.All,
                    Endpoints = [.. sound.Remote.Endpoints, new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse("203.0.113.3")) }],
                },
            }, s_recommended),
            FindingId.SelectorsOfAzure => (sound with
            {
                TrafficSelectors = TrafficSelectorsConfig.Of([new TrafficSelectorConfig { Local = IPNetwork.Parse("10.10.0.0/24"), Remote = IPNetwork.Parse("10.20.0.0/24") }]),
            }, s_recommended),
            FindingId.SecretCharacters or FindingId.SecretLength => (sound, s_recommended),
            _ => throw new ArgumentOutOfRangeException(nameof(id), id, "no fault is known for it"),
        };
    }

    private static string Secret(string id) => id switch
    {
        FindingId.SecretCharacters => "Zq81Lkd72Mnb-39Xc5TgY",
        FindingId.SecretLength => "Zq81Lkd72",
        _ => "Zq81Lkd72Mnb39Xc5TgY",
    };

    private static LintReport Lint(ConnectionConfig connection, AzureSide? side = null, string psk = "Zq81Lkd72Mnb39Xc5TgY") => Linter.Check(
        new BoxConfig
        {
            Connections = [connection],
            Secrets = ImmutableDictionary<string, SecretConfig>.Empty.Add("hub", new SecretConfig { Psk = new SecretText(psk) }),
        },
        side ?? new AzureSide(), AlgorithmCatalog.Default);
}
