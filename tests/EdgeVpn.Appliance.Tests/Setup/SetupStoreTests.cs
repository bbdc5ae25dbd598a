using System.Text;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Tests.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

public sealed class SetupStoreTests
{
    [Fact]
    public void A_code_is_known_again_in_any_spelling_and_its_text_is_not_on_the_disk()
    {
        using var folder = new StateFolder();
        var store = new SetupStore(folder.Path);
        Assert.Null(store.Code.Value);
        var code = SetupCode.Make();
        Assert.Matches("^[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}$", code);
        Assert.True(store.Keep(SetupCode.Of(code)).IsOk);

        var kept = store.Code.Value!;
        Assert.True(kept.Matches(code));
        Assert.True(kept.Matches($" {code.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant()} "));
        Assert.False(kept.Matches(code[..^1] + (code[^1] == '2' ? '3' : '2')));
        Assert.False(kept.Matches(""));
        Assert.False(kept.Matches(new string('2', 1_000_000)));
        var text = File.ReadAllText(folder.At("setup-code.json"));
        Assert.DoesNotContain(code.Replace("-", "", StringComparison.Ordinal), text.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.At("setup-code.json")));
    }

    [Fact]
    public void Two_boxes_with_one_code_keep_different_octets()
    {
        Assert.NotEqual(SetupCode.Of("7KQ2M-X9RTB").Hash, SetupCode.Of("7KQ2M-X9RTB").Hash);
    }

    [Fact]
    public void A_change_is_read_back_octet_for_octet_and_a_flipped_bit_is_seen()
    {
        using var folder = new StateFolder();
        var store = new SetupStore(folder.Path);
        var body = Encoding.UTF8.GetBytes("""{ "schema": 1,  "device": { "name": "Besan\u00e7on" } }""");
        Assert.True(store.Keep(new LocalDocument("abc", body)).IsOk);
        Assert.Equal(("abc", true), (store.Change.Value!.Beneath, body.AsSpan().SequenceEqual(store.Change.Value.Body.Span)));

        var file = folder.At("local.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("schema", "Schema", StringComparison.Ordinal));
        Assert.Null(store.Change.Value);
        Assert.NotNull(store.Change.Notice);
        Assert.True(store.ForgetChange().IsOk);
        Assert.Null(store.Change.Notice);
    }
}
