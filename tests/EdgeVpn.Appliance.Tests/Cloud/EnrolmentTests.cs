using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>From a claim card to a signed document with a sealed secret, over Mosquitto with certificates and access rules.</summary>
public sealed class EnrolmentTests
{
    private const string Psk = "Zq81Lkd72Mnb39Xc5TgY";

    private const string Configuration = $$"""
        {
          "schema": 1, "device": { "name": "branch-042" },
          "connections": [{ "name": "hub", "remote": { "endpoints": [{ "address": "203.0.113.2" }] }, "authentication": { "type": "psk", "secret": "hub" } }],
          "secrets": { "hub": { "psk": "{{Psk}}" } }
        }
        """;

    [Fact]
    public async Task A_box_enrols_with_a_card_and_takes_a_signed_document_whose_secret_only_it_can_read()
    {
        await using var lab = await EnrolmentLab.StartAsync();
        var state = await lab.EnrolAsync("branch-042");
        Assert.Equal(new TwinIdentity("lyon", "branch-042"), state.Enrolment!.Identity);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(System.IO.Path.Combine(state.Folder, "keys.pem")));
        var (certificate, key) = lab.Files(state);
        var (verified, text) = await EnrolmentLab.ToolAsync("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", $"{lab.Fleet}/keys/ca.crt", certificate);
        Assert.True(verified == 0, text);
        (verified, text) = await EnrolmentLab.ToolAsync(
            "openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_ip", "127.0.0.1", "-CAfile", $"{lab.Fleet}/keys/ca.crt", $"{lab.Fleet}/broker/server.crt");
        Assert.True(verified == 0, text);

        BoxConfig? opened = null;
        var test = new TestBox
        {
            OnStage = document =>
            {
                var read = ConfigurationReader.Read(document.Body, DocumentBounds.Desired);
                (opened, var problems) = SealedSecrets.Open(read.Configuration!, state.Keys!.Sealing);
                return opened is null ? new StageOutcome.Refused(TwinBench.Bad, problems) : new StageOutcome.Staged();
            },
        };
        await using var box = EnrolmentLab.Run(state, test);
        await BrokerLab.UntilAsync(() => box.Loop.Status.Connected, () => "connects: " + box.Loop.Status.Reason?.Detail);
        await File.WriteAllTextAsync(lab.Folder.ConfigFile("branch-042"), Configuration);
        var (code, said) = await lab.FleetAsync("publish", "--folder", lab.Fleet, "--device", "branch-042", lab.Folder.ConfigFile("branch-042"));
        Assert.True(code == 0, said);
        Assert.EndsWith("lyon/branch-042 1.1 confirmed\n", said, StringComparison.Ordinal);
        Assert.DoesNotContain("unsigned", said, StringComparison.Ordinal);
        Assert.Equal(Psk, opened!.Secrets["hub"].Psk!.Reveal());

        // What the broker keeps: three parts in base64url, and nowhere the secret.
        var (_, retained) = await EnrolmentLab.ToolAsync(
            "mosquitto_sub", "-V", "5", "-h", "127.0.0.1", "-p", $"{lab.Port}", "--cafile", $"{lab.Fleet}/keys/ca.crt", "--cert", certificate, "--key", key, "-C", "1", "-W", "10",
            "-t", "edgevpn/lyon/branch-042/desired");
        Assert.Equal(3, retained.Trim().Split('.').Length);
        var body = Encoding.UTF8.GetString(SignedMessage.Peek(Encoding.ASCII.GetBytes(retained.Trim()))!.Value.Span);
        Assert.Contains("\"sealed\":", body, StringComparison.Ordinal);
        Assert.DoesNotContain(Psk, body, StringComparison.Ordinal);
        Assert.DoesNotContain(Psk, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Access_rules_let_a_box_at_its_own_topics_and_a_stranger_at_none()
    {
        await using var lab = await EnrolmentLab.StartAsync();
        var mine = lab.Files(await lab.EnrolAsync("branch-042"));
        await lab.EnrolAsync("branch-043");
        await using var session = await OperatorSession.ConnectAsync(lab.Folder.Connection(), CancellationToken.None);
        await session.SubscribeAsync([TwinTopic.Filter("lyon", null, TwinChannel.Events), TwinTopic.Filter("lyon", null, TwinChannel.Desired)], CancellationToken.None);
        foreach (var device in (string[])["branch-042", "branch-043"])
            await session.PublishAsync(new TwinTopic(new TwinIdentity("lyon", device), TwinChannel.Desired), Encoding.UTF8.GetBytes(device), retain: true, CancellationToken.None);
        string[] asBox = ["-V", "5", "-h", "127.0.0.1", "-p", $"{lab.Port}", "--cafile", $"{lab.Fleet}/keys/ca.crt", "--cert", mine.Certificate, "--key", mine.Key, "-q", "1"];
        string[] asStranger = ["-V", "5", "-h", "127.0.0.1", "-p", $"{lab.BootstrapPort}", "--cafile", $"{lab.Fleet}/keys/ca.crt", "-q", "1"];

        // A box reads its own document and no other, also when it asks for all; it speaks for itself only, and configures nobody.
        Assert.Equal("branch-042", (await EnrolmentLab.ToolAsync("mosquitto_sub", [.. asBox, "-W", "2", "-t", "edgevpn/#"])).Text.Split('\n')[0]);
        Assert.DoesNotContain("branch-043", (await EnrolmentLab.ToolAsync("mosquitto_sub", [.. asBox, "-W", "2", "-t", "edgevpn/lyon/+/desired"])).Text, StringComparison.Ordinal);
        foreach (var topic in (string[])["edgevpn/lyon/branch-043/events", "edgevpn/lyon/branch-042/desired", "edgevpn/lyon/branch-042/command/reboot", "edgevpn/lyon/branch-043/presence"])
        {
            var (_, text) = await EnrolmentLab.ToolAsync("mosquitto_pub", [.. asBox, "-d", "-t", topic, "-m", "forged"]);
            Assert.Contains("rc:135", text.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant(), StringComparison.Ordinal); // 0x87 not authorised
        }

        await EnrolmentLab.ToolAsync("mosquitto_pub", [.. asBox, "-t", "edgevpn/lyon/branch-042/events", "-m", "mine"]);

        // Nobody without a certificate gets in; on the bootstrap listener no name helps, not even the operator's.
        Assert.NotEqual(0, (await EnrolmentLab.ToolAsync("mosquitto_pub", "-h", "127.0.0.1", "-p", $"{lab.Port}", "--cafile", $"{lab.Fleet}/keys/ca.crt", "-t", "x", "-m", "x")).Code);
        foreach (var user in (string[])["branch-042", FleetFolder.OperatorName])
        {
            Assert.DoesNotContain("branch", (await EnrolmentLab.ToolAsync("mosquitto_sub", [.. asStranger, "-u", user, "-W", "2", "-t", "#"])).Text, StringComparison.Ordinal);
            await EnrolmentLab.ToolAsync("mosquitto_pub", [.. asStranger, "-u", user, "-t", "edgevpn/lyon/branch-042/events", "-m", "forged"]);
            await EnrolmentLab.ToolAsync("mosquitto_pub", [.. asStranger, "-u", user, "-t", "edgevpn/lyon/branch-042/desired", "-m", "forged"]);
        }

        List<string> heard = [];
        await session.PublishAsync(new TwinTopic(new TwinIdentity("lyon", "branch-042"), TwinChannel.Events), "end"u8.ToArray(), retain: false, CancellationToken.None);
        while (heard is not [.., "end"])
        {
            var message = await session.Messages.ReadAsync().AsTask().WaitAsync(BrokerLab.Deadline);
            heard.Add(Encoding.UTF8.GetString(message.Payload.Span));
        }

        Assert.DoesNotContain("forged", heard);
        Assert.Contains("mine", heard);
    }

    [Fact]
    public async Task A_box_stays_with_its_fleet_until_it_is_released_and_enrols_again_within_it()
    {
        await using var lab = await EnrolmentLab.StartAsync();
        var state = await lab.EnrolAsync("branch-042");
        var first = state.Enrolment!.Certificate;
        var again = await lab.EnrolAsync("branch-042");
        Assert.NotEqual(first, again.Enrolment!.Certificate);
        Assert.Equal(P256Key.Of(state.Keys!.Identity), P256Key.Of(again.Keys!.Identity));

        // The same fleet's name on a card of another key: a stranger's fleet.
        var stranger = FleetFolder.Make(lab.At("stranger"), "lyon", lab.Address, new BrokerAddress("127.0.0.1", lab.BootstrapPort, Tls: true), [], DateTimeOffset.UtcNow);
        var card = new Admission(stranger, TimeProvider.System).Card("branch-042", TimeSpan.FromDays(1)).ToText();
        var (code, text) = await EnrolmentLab.BoxAsync("enrol", card, "--state", again.Folder, "--timeout", "00:00:05");
        Assert.Equal(1, code);
        Assert.Contains("belongs to the fleet lyon, which has not released it", text, StringComparison.Ordinal);
        Assert.True(again.Join(again.Enrolment with { Released = true }).IsOk);
        (_, text) = await EnrolmentLab.BoxAsync("enrol", card, "--state", again.Folder, "--timeout", "00:00:01");
        Assert.Contains("The operator did not answer", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_are_believed_for_the_cards_token_alone_and_answers_for_the_cards_key_alone()
    {
        var folder = Directory.CreateTempSubdirectory("edgevpn-fleet-");
        try
        {
            var broker = new BrokerAddress("127.0.0.1", 8883, Tls: true);
            var fleet = FleetFolder.Make(folder.FullName + "/a", "lyon", broker, broker with { Port = 8884 }, [], DateTimeOffset.UtcNow);
            var other = FleetFolder.Make(folder.FullName + "/b", "lyon", broker, broker with { Port = 8884 }, [], DateTimeOffset.UtcNow);
            var (admission, strange) = (new Admission(fleet, TimeProvider.System), new Admission(other, TimeProvider.System));
            var (card, otherCard) = (admission.Card("box", TimeSpan.FromDays(1)), strange.Card("box", TimeSpan.FromDays(1)));
            Assert.True(ClaimCard.TryParse(card.ToText(), out var read));
            Assert.Equal(card.ToText(), read.ToText());
            using var keys = BoxKeyFile.Make();
            using var thief = BoxKeyFile.Make();
            var identity = P256Key.Of(keys.Identity);

            Assert.Null(admission.Read(identity.Fingerprint, EnrolmentAnswerCheck.Request(otherCard, keys), out var problem));
            Assert.Contains("does not know the token", problem, StringComparison.Ordinal);
            var request = EnrolmentAnswerCheck.Request(card, keys);
            Assert.Null(admission.Read(P256Key.Of(thief.Identity).Fingerprint, request, out _)); // somebody else's topic
            for (var i = 0; i < request.Length; i += 7)
            {
                var changed = request.ToArray();
                changed[i] ^= 1;
                Assert.Null(admission.Read(identity.Fingerprint, changed, out _));
                Assert.Null(admission.Read(identity.Fingerprint, request.AsMemory(0, i), out _));
            }

            // A sealing key put in by somebody on the way is covered by the token.
            var payload = JsonSerializer.Deserialize(SignedMessage.Peek(request)!.Value.Span, TwinJson.Wire.EnrolmentRequest)!;
            var swapped = SignedMessage.Sign(keys.Identity, SignedType.Enrolment, JsonSerializer.SerializeToUtf8Bytes(payload with { Sealing = P256Key.Of(thief.Sealing) }, TwinJson.Wire.EnrolmentRequest));
            Assert.Null(admission.Read(identity.Fingerprint, swapped, out problem));
            Assert.Contains("does not know the token", problem, StringComparison.Ordinal);

            var applicant = admission.Read(identity.Fingerprint, request, out problem);
            Assert.True(applicant is not null, problem);
            var answer = admission.Admit(applicant);
            Assert.NotNull(EnrolmentAnswerCheck.Read(answer, card, identity, out _));
            Assert.Null(admission.Read(identity.Fingerprint, request, out _)); // the card is used up

            // The answers of another fleet, to another box, or changed on the way.
            var theirs = strange.Admit(strange.Read(identity.Fingerprint, EnrolmentAnswerCheck.Request(otherCard, keys), out _)!);
            Assert.Null(EnrolmentAnswerCheck.Read(theirs, card, identity, out problem));
            Assert.Contains("another one", problem, StringComparison.Ordinal);
            Assert.Null(EnrolmentAnswerCheck.Read(answer, card, P256Key.Of(thief.Identity), out problem));
            Assert.Contains("another box", problem, StringComparison.Ordinal);
            for (var i = 0; i < answer.Length; i += 5)
            {
                var changed = answer.ToArray();
                changed[i] ^= 1;
                if (EnrolmentAnswerCheck.Read(changed, card, identity, out _) is { } believed) Assert.Equal(fleet.Broker, believed.Broker);
                Assert.Null(EnrolmentAnswerCheck.Read(answer.AsMemory(0, i), card, identity, out _));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://broker:8884/lyon/box?k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAA&x=1")]
    [InlineData("edgevpn://broker/lyon/box?k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAA&x=1")]
    [InlineData("edgevpn://broker:8884/enrol/box?k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAA&x=1")]
    [InlineData("edgevpn://broker:8884/lyon/box?k=AAA&t=AAAAAAAAAAAAAAAAAAAAAA&x=1")]
    [InlineData("edgevpn://broker:8884/lyon/box?k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAB&x=1")]
    [InlineData("edgevpn://broker:8884/lyon/box?k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAA&x=99999999999999")]
    [InlineData("edgevpn://user@broker:8884/lyon/box?k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&t=AAAAAAAAAAAAAAAAAAAAAA&x=1")]
    public void What_is_no_claim_card_is_refused(string text) => Assert.False(ClaimCard.TryParse(text, out _));

    [Fact]
    public void An_enrolled_box_takes_what_its_fleet_signed_and_nothing_else()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var bench = new TwinBench(verifier: new SignedVerifier(() => [P256Key.Of(key)]));
        bench.Handle(new TwinInput.Connected());
        foreach (var payload in (byte[][])[
            TwinBench.Document(7).ToJson(), SignedMessage.Sign(stranger, SignedType.Desired, TwinBench.Document(7).ToJson()),
            SignedMessage.Sign(key, SignedType.Command, TwinBench.Document(7).ToJson())])
        {
            bench.Arrive(payload);
            bench.After(TimeSpan.FromSeconds(2));
            Assert.Equal((DiscardCause.Unverified, DocumentState.None), (bench.Report!.Discarded!.Cause, bench.Report.State));
        }

        bench.Arrive(SignedMessage.Sign(key, SignedType.Desired, TwinBench.Document(7).ToJson()));
        Assert.Equal((DocumentState.Received, false), (bench.Report!.State, bench.Report.Insecure));
    }
}
