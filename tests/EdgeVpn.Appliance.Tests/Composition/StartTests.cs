using System.Text;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Tests.Storage;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Composition;

/// <summary>What a daemon does with a document that it cannot start from.</summary>
public sealed class StartTests : IDisposable
{
    private readonly StateFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_confirmed_document_that_this_version_cannot_read_leaves_the_box_waiting_with_its_reason()
    {
        var body = Encoding.UTF8.GetBytes("""{ "schema": 1, "inventedLater": true }""");
        Assert.True(_folder.Open().Confirm(new DocumentReference(1, 7, DesiredDocument.Hash(body)), body).IsOk);
        var options = new RunOptions { StateFolder = _folder.Path };
        var start = Start.From(options, bootstrap: null);
        Assert.Contains("cannot be read by this version", Assert.Single(start.Problems), StringComparison.Ordinal);
        Assert.True(start.MayWait(options)); // nobody stands beside it: lights, page and operator are told
    }

    [Fact]
    public void A_file_that_somebody_named_is_refused_while_he_is_there()
    {
        var options = Named("{ \"schema\": 1, ");
        var start = Start.From(options, bootstrap: null);
        Assert.Contains("is not JSON", Assert.Single(start.Problems), StringComparison.Ordinal);
        Assert.False(start.MayWait(options));
    }

    [Fact]
    public void A_box_fresh_from_the_factory_has_no_fault()
    {
        var start = Start.From(new RunOptions { StateFolder = _folder.Path }, bootstrap: null);
        Assert.Empty(start.Problems);
    }

    /// <summary>What was put right on the spot counts, although the file beneath is as broken as before.</summary>
    [Fact]
    public void A_change_made_on_the_spot_over_a_broken_file_is_what_the_box_starts_from()
    {
        var options = Named("{ \"schema\": 1, ");
        var beneath = Start.From(options, bootstrap: null).Beneath;
        Assert.True(new SetupStore(_folder.Path).Keep(new LocalDocument(beneath, """{ "schema": 1, "device": { "name": "mended" } }"""u8.ToArray())).IsOk);
        var start = Start.From(options, bootstrap: null);
        Assert.Empty(start.Problems);
        Assert.Equal(("mended", ConfigurationSource.Local), (start.Configuration.Device.Name, start.InForce.Source));
    }

    private RunOptions Named(string text)
    {
        File.WriteAllText(_folder.At("config.json"), text);
        return new RunOptions { StateFolder = _folder.Path, ConfigFile = _folder.At("config.json") };
    }
}
