using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Tests.Lint;

/// <summary>
/// Lint computes in keywords, the engine over octets with keys, INVALID_KE_PAYLOAD and all: for every pair of lists here both must come to the same,
/// at both calls and at both first rekeys. That is what makes a prediction more than a guess.
/// </summary>
public class PredictionTests
{
    private static readonly string[][] s_ike =
    [
        [],
        ["aes256-sha256-modp1024"],
        ["aes128-sha1-modp1024"],
        ["aes256-aes128-sha256-sha1-modp2048-modp1024"],
        ["aes256-aes128-sha1-sha256-modp1024-ecp384"],
        ["3des-sha1-modp1024"],
        ["aes256-3des-sha256-prfsha1-modp1024"],
        ["aes256gcm16-prfsha384-ecp384"],
        ["aes256gcm16-aes128gcm16-prfsha256-prfsha384-ecp256-ecp384"],
        ["aes256gcm16-ecp256", "aes256-sha256-modp1024"],
        ["aes256-sha384-modp2048s256", "aes192-sha256-modp2048"],
        ["chacha20poly1305-prfsha256-x25519"],
        ["aes256-sha256-modp1024-modp2048-ke1_mlkem768-ke1_none"],
        ["aes256-sha256-modp1024-modp2048-ke1_mlkem768"],
    ];

    private static readonly string[][] s_esp =
    [
        [],
        ["aes256gcm16"],
        ["aes256gcm16-ecp384"],
        ["aes256gcm16-ecp384-none"],
        ["aes256gcm16-none-ecp384"],
        ["aes256gcm16-esn"],
        ["aes256gcm16-esn-noesn"],
        ["aes256-sha256"],
        ["aes256-sha256-modp2048"],
        ["aes256-aes128-sha256-sha1-modp1024-modp2048-none"],
        ["aes128-sha256-modp2048s256", "aes256-sha1-modp2048s256"],
        ["aes128-sha1-modp1024", "aes256gcm16"],
        ["3des-sha1", "3des-sha256-modp1024"],
        ["aes192gcm16-ecp256", "aes128gcm16-modp2048-ecp256"],
        ["aes256-sha384-sha512-ecp521", "aes256-sha256-ecp256-modp2048-x25519"],
        ["chacha20poly1305-x25519"],
        ["aes256gcm16-none-modp2048-ecp384-ke1_mlkem768-ke1_none"],
        ["aes256-sha256-modp2048-ke1_mlkem768"],
    ];

    public static TheoryData<string> Sides =>
    [
        "default",
        "GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384",
        "GCMAES128/SHA256/ECP256/GCMAES192/GCMAES192/ECP256",
        "AES256/SHA256/DHGroup14/AES256/SHA256/PFS2048",
        "AES256/SHA256/DHGroup2/GCMAES256/GCMAES256/None",
        "AES128/SHA1/DHGroup2/AES128/SHA1/PFS2",
        "AES256/SHA384/DHGroup24/AES256/SHA256/PFS24",
        "DES3/SHA1/DHGroup2/DES3/SHA1/None",
    ];

    [Theory]
    [MemberData(nameof(Sides))]
    public void What_lint_predicts_is_what_the_engine_negotiates(string side)
    {
        var policy = side == "default" ? null : AzurePolicy.TryParse(side, out var read, out _) ? read : throw new ArgumentException(side);
        var azure = AzureProposals.Of(policy);
        var itsOwn = new[] { azure.Ike[0].Text };

        // Every IKE list with an ESP list that Azure takes, and every ESP list with an IKE list that it takes: one cannot hide the other.
        var pairs = s_ike.Select(ike => (Ike: ike, Esp: new[] { azure.EspOffer[0].Text }))
            .Concat(s_esp.Select(esp => (Ike: itsOwn, Esp: esp)))
            .Append((Ike: [], Esp: []));
        var agreed = 0;
        foreach (var (ike, esp) in pairs)
        {
            var config = Parts.Config(ike, esp);
            var prediction = Prediction.Of(ConnectionSpecs.Of(config, AlgorithmCatalog.Default), azure);
            var byBox = Observe(config, policy, byAzure: false);
            var byAzure = Observe(config, policy, byAzure: true);
            var what = $"{side} against ike [{string.Join(", ", ike)}] esp [{string.Join(", ", esp)}]";

            Same(what, "box calls, IKE", prediction.IkeWhenBoxCalls, byBox.Ike);
            Same(what, "Azure calls, IKE", prediction.IkeWhenAzureCalls, byAzure.Ike);
            if (byBox.Ike is not null) Same(what, "box calls, ESP", prediction.EspWhenBoxCalls, byBox.Esp);
            if (byAzure.Ike is not null) Same(what, "Azure calls, ESP", prediction.EspWhenAzureCalls, byAzure.Esp);
            foreach (var seen in new[] { byBox, byAzure }.Where(s => s.Esp is not null))
            {
                agreed++;
                Same(what, "box rekeys the child", prediction.RekeyByBox, seen.RekeyByBox);
                Same(what, "Azure rekeys the child", prediction.RekeyByAzure, seen.RekeyByAzure);
                Same(what, "box rekeys IKE", prediction.IkeWhenBoxCalls, seen.IkeRekeyByBox);
                Same(what, "Azure rekeys IKE", prediction.IkeWhenAzureCalls, seen.IkeRekeyByAzure);
            }
        }

        Assert.True(agreed >= 4, $"only {agreed} tunnels came up: the lists are too far from {side}");
    }

    /// <summary>The examples a person would look up first.</summary>
    [Theory]
    [InlineData("", "", "aes256-sha1-modp1024", "aes256gcm16", "aes256-sha256-modp1024", "aes256gcm16", "aes256gcm16", "aes256gcm16")]
    [InlineData("aes256-sha256-modp1024", "aes256-sha256-modp2048", "aes256-sha256-modp1024", "aes256-sha256", "aes256-sha256-modp1024", "aes256-sha256", "aes256-sha256-modp2048", null)]
    [InlineData("aes256-sha256-modp1024", "aes256gcm16-ecp384", "aes256-sha256-modp1024", "aes256gcm16", "aes256-sha256-modp1024", "aes256gcm16", null, null)]
    [InlineData("aes256gcm16-prfsha384-ecp384", "aes256gcm16", null, "aes256gcm16", null, "aes256gcm16", "aes256gcm16", "aes256gcm16")]
    public void The_default_set_comes_to(
        string ike, string esp, string? ikeByBox, string? espByBox, string? ikeByAzure, string? espByAzure, string? rekeyByBox, string? rekeyByAzure)
    {
        var specs = ConnectionSpecs.Of(Parts.Config(ike.Length == 0 ? [] : [ike], esp.Length == 0 ? [] : [esp]), AlgorithmCatalog.Default);
        var prediction = Prediction.Of(specs, AzureProposals.Default);
        Assert.Equal(
            (ikeByBox, espByBox, ikeByAzure, espByAzure, rekeyByBox, rekeyByAzure),
            (prediction.IkeWhenBoxCalls?.Text, prediction.EspWhenBoxCalls?.Text, prediction.IkeWhenAzureCalls?.Text, prediction.EspWhenAzureCalls?.Text,
                prediction.RekeyByBox?.Text, prediction.RekeyByAzure?.Text));
    }

    private static void Same(string what, string moment, ProposalSpec? predicted, string? seen) =>
        Assert.True(predicted?.Text == seen, $"{what}: {moment}: predicted {predicted?.Text ?? "nothing"}, negotiated {seen ?? "nothing"}");

    private static Seen Observe(Model.Configuration.ConnectionConfig config, AzurePolicy? policy, bool byAzure)
    {
        var box = Parts.Box(config);
        var (connection, remote) = (box.Endpoints[0].Connection, box.Endpoints[0].Remote);
        var options = new IkeEndpointOptions();
        var theirs = new AzureGateway { Policy = policy }.Connection(connection with
        {
            LocalIdentity = Ipsec.Wire.Payloads.Identification.Address(remote),
            RemoteIdentity = connection.LocalIdentity,
            RemoteAddresses = [Parts.BoxAddress],
        });
        using var stage = new Stage(
            new StageEnd("box", Parts.BoxAddress, 1, options, connection), [new StageEnd("azure", remote, 2, AzureGateway.Endpoint(options), theirs)]);
        var (ike, esp) = ((string?)null, (string?)null);
        if (byAzure) stage.Gateways[0].Call = (stage.Now, Parts.BoxAddress);
        else stage.Box.Call = (stage.Now, remote);
        Run();
        var seen = new Seen(ike, esp, null, null, null, null);
        if (esp is null) return seen;

        return seen with
        {
            RekeyByBox = Then(stage.Box, new IkeInput.RekeyChildren("hub"), () => esp),
            RekeyByAzure = Then(stage.Gateways[0], new IkeInput.RekeyChildren("hub"), () => esp),
            IkeRekeyByBox = Then(stage.Box, new IkeInput.RekeyIke("hub"), () => ike),
            IkeRekeyByAzure = Then(stage.Gateways[0], new IkeInput.RekeyIke("hub"), () => ike),
        };

        string? Then(StageEnd end, IkeInput input, Func<string?> result)
        {
            (ike, esp) = (null, null);
            end.Endpoint.Handle(input, stage.Now);
            Run();
            return result();
        }

        void Run() => stage.RunUntil(stage.Now + TimeSpan.FromSeconds(8), (end, output) =>
        {
            if (end != stage.Box) return;
            if (output is IkeOutput.IkeSaEstablished up) ike = SuiteText.Of(up.Suite);
            if (output is not IkeOutput.InstallChildSa install) return;
            var child = stage.Box.Endpoint.Status().SelectMany(sa => sa.Children).Single(c => c.Id == install.Child);
            esp = SuiteText.Of(install.Inbound.Suite, child.KeyExchange, install.Inbound.ExtendedSequenceNumbers);
        });
    }

    private sealed record Seen(string? Ike, string? Esp, string? RekeyByBox, string? RekeyByAzure, string? IkeRekeyByBox, string? IkeRekeyByAzure);
}
