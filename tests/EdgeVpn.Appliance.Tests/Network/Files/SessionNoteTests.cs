using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Appliance.Tests.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network.Files;

public sealed class SessionNoteTests
{
    [Theory]
    [InlineData("19\n", true)]
    [InlineData("15\n", false)] // the far end was silent
    [InlineData("", false)]
    public void Only_pppds_own_word_for_it_is_a_refusal(string note, bool refused)
    {
        using var root = new StateFolder();
        Assert.False(SessionNote.SaysRefused("dsl0", root.Path));
        Directory.CreateDirectory(Path.Combine(root.Path, NetworkPlaces.Sessions));
        File.WriteAllText(Path.Combine(root.Path, NetworkPlaces.Sessions, "dsl0"), note);
        Assert.Equal(refused, SessionNote.SaysRefused("dsl0", root.Path));
    }
}
