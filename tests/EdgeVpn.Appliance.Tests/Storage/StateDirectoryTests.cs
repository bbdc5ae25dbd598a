using System.Text;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

public class StateDirectoryTests
{
    [Fact]
    public void A_confirmed_document_is_there_after_a_restart_octet_for_octet()
    {
        using var folder = new StateFolder();
        Assert.Null(folder.Open().Confirmed);
        Assert.True(StateFolder.Confirm(folder.Open(), 7).IsOk);
        var state = folder.Open();
        Assert.Equal(StateFolder.Document(7).Reference, state.Confirmed!.Reference);
        Assert.Equal(StateFolder.Document(7).Body.ToArray(), state.Confirmed.Body.ToArray());
        Assert.Empty(state.Notices);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Confirmed)); // secrets are inside
    }

    [Fact]
    public void The_folder_is_made_for_the_owner_alone()
    {
        using var folder = new StateFolder();
        var inner = folder.At("var/lib/edgevpn");
        Assert.True(StateFolder.Confirm(StateDirectory.Open(inner), 1).IsOk);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(inner));
    }

    [Fact]
    public void Whatever_bit_flips_in_the_file_the_one_before_is_used_and_it_is_said()
    {
        using var folder = new StateFolder();
        StateFolder.Confirm(folder.Open(), 1);
        StateFolder.Confirm(folder.Open(), 2);
        var good = File.ReadAllBytes(folder.Confirmed);
        for (var at = 0; at < good.Length; at++)
        {
            var bad = good.ToArray();
            bad[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(folder.Confirmed, bad);
            var state = folder.Open();
            if (state.Notices.Count == 0)
            {
                // White space around the body is nobody's content; the document itself is what was confirmed, or it is refused.
                Assert.Equal(StateFolder.Document(2).Body.ToArray(), state.Confirmed!.Body.ToArray());
                Assert.Equal(StateFolder.Document(2).Reference.Sha256, state.Confirmed.Reference.Sha256);
                continue;
            }

            Assert.Equal(1, state.Confirmed!.Reference.Revision);
            Assert.Contains("the one before it is used", Assert.Single(state.Notices));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{ "epoch": 1, "revision": 2, "sha256": 5, "body": {} }""")]
    [InlineData("""{ "epoch": 1, "revision": 1e99, "sha256": "x", "body": {} }""")]
    [InlineData("""{ "epoch": 1, "revision": 2, "sha256": "\ud800", "body": {} }""")]
    public void What_is_no_document_is_not_used_and_does_not_become_the_last_good_one(string garbage)
    {
        using var folder = new StateFolder();
        StateFolder.Confirm(folder.Open(), 1);
        StateFolder.Confirm(folder.Open(), 2);
        File.WriteAllText(folder.Confirmed, garbage);
        var state = folder.Open();
        Assert.Equal(1, state.Confirmed!.Reference.Revision);
        Assert.True(StateFolder.Confirm(state, 3).IsOk);
        File.WriteAllText(folder.Confirmed, garbage);
        Assert.Equal(1, folder.Open().Confirmed!.Reference.Revision); // not the garbage of before
    }

    [Fact]
    public void A_missing_file_gives_way_to_the_one_before_and_no_file_at_all_is_no_news()
    {
        using var folder = new StateFolder();
        StateFolder.Confirm(folder.Open(), 1);
        StateFolder.Confirm(folder.Open(), 2);
        File.Delete(folder.Confirmed);
        var state = folder.Open();
        Assert.Equal(1, state.Confirmed!.Reference.Revision);
        Assert.Contains("is missing", Assert.Single(state.Notices));
        Assert.True(state.Forget(enrolment: false).IsOk);
        Assert.Null(folder.Open().Confirmed);
        Assert.Empty(folder.Open().Notices);
    }

    [Fact]
    public void A_document_that_is_not_what_its_reference_says_is_a_callers_mistake()
    {
        using var folder = new StateFolder();
        var document = StateFolder.Document(1);
        Assert.Throws<ArgumentException>(() => folder.Open().Confirm(document.Reference, "{}"u8.ToArray()));
        Assert.Null(folder.Open().Confirmed);
    }

    [Fact]
    public void The_identity_survives_and_a_reset_keeps_it_unless_asked()
    {
        using var folder = new StateFolder();
        Assert.True(BrokerAddress.TryParse("mqtt://192.0.2.9:1884", out var broker));
        var identity = new DeviceIdentity(new TwinIdentity("lyon", "branch-042"), broker, Insecure: true);
        Assert.True(folder.Open().Enrol(identity).IsOk);
        Assert.Contains("\"broker\": \"mqtt://192.0.2.9:1884\"", File.ReadAllText(folder.At("device.json")));
        var device = folder.Open().Device!;
        Assert.Equal(("lyon", "branch-042", broker, true), (device.Identity.Fleet, device.Identity.Device, device.Broker, device.Insecure));
        Assert.True(folder.Open().Forget(enrolment: false).IsOk);
        Assert.NotNull(folder.Open().Device);
        Assert.True(folder.Open().Forget(enrolment: true).IsOk);
        Assert.Null(folder.Open().Device);
    }

    [Theory]
    [InlineData("""{ "fleet": "enrol", "device": "b", "broker": "mqtts://h" }""", "a fleet that cannot be one")]
    [InlineData("""{ "fleet": "f", "device": "a/b", "broker": "mqtts://h" }""", "a device that cannot be one")]
    [InlineData("""{ "fleet": "f", "device": "b", "broker": "https://h" }""", "a broker that is not")]
    [InlineData("""{ "fleet": "f", "device": "b", "broker": "mqtt://h" }""", "without TLS")]
    [InlineData("""{ "fleet": "f", "device": "b", "broker": "mqtts://h", "insecurre": true }""", "is not { fleet, device, broker, insecure }")]
    [InlineData("""{ "fleet": "f", "device": null, "broker": "mqtts://h" }""", "is not { fleet, device, broker, insecure }")]
    public void An_identity_that_cannot_be_used_is_named(string json, string problem)
    {
        using var folder = new StateFolder();
        File.WriteAllText(folder.At("device.json"), json);
        var state = folder.Open();
        Assert.Null(state.Device);
        Assert.Contains(state.Notices, n => n.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void The_twins_notes_survive_and_a_broken_memory_gives_way_to_the_one_before()
    {
        using var folder = new StateFolder();
        var store = folder.Open();
        Assert.Null(store.Read(TwinFile.Memory));
        var (one, two) = (new TwinMemory(State: DocumentState.Received).ToJson(), new TwinMemory(State: DocumentState.Applied).ToJson());
        store.Write(TwinFile.Memory, one);
        store.Write(TwinFile.Memory, two);
        store.Write(TwinFile.Outbox, "{}"u8);
        store = folder.Open();
        Assert.Equal(two, store.Read(TwinFile.Memory)!.Value.ToArray());
        Assert.Equal("{}", Encoding.UTF8.GetString(store.Read(TwinFile.Outbox)!.Value.Span));
        File.WriteAllText(folder.At("twin.json"), "{ \"newest\": ");
        Assert.Equal(one, folder.Open().Read(TwinFile.Memory)!.Value.ToArray());
    }
}
