using EdgeVpn.Appliance.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

/// <summary>What stood still is told by the next daemon, once.</summary>
public sealed class StandstillNoteTests
{
    [Fact]
    public void What_stood_still_is_told_once()
    {
        using var folder = new StateFolder();
        folder.Open();
        Assert.Null(StandstillNote.In(folder.Path).Take());
        StandstillNote.In(folder.Path).Write("ike, panel");
        Assert.Equal("ike, panel", StandstillNote.In(folder.Path).Take());
        Assert.Null(StandstillNote.In(folder.Path).Take());
    }

    [Fact]
    public void Nothing_is_kept_where_there_is_no_folder_and_nothing_thrown_where_it_is_gone()
    {
        StandstillNote.In(null).Write("ike");
        Assert.Null(StandstillNote.In(null).Take());
        StandstillNote.In("/nowhere/at/all").Write("ike");
        Assert.Null(StandstillNote.In("/nowhere/at/all").Take());
    }

    [Fact]
    public void The_factory_knows_nothing_of_it()
    {
        using var folder = new StateFolder();
        var state = folder.Open();
        StandstillNote.In(folder.Path).Write("ike");
        Assert.True(state.Forget(enrolment: false).IsOk);
        Assert.Null(StandstillNote.In(folder.Path).Take());
    }
}
