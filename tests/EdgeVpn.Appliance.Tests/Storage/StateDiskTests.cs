using EdgeVpn.Appliance.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Storage;

public sealed class StateDiskTests
{
    [Fact]
    public void A_folder_with_room_is_well_and_one_that_is_gone_is_not()
    {
        using var folder = new StateFolder();
        Assert.Same(StorageResult.Ok, StateDisk.Look(folder.Path));
        var gone = StateDisk.Look(folder.At("gone"));
        Assert.False(gone.IsOk);
        Assert.Equal(gone, StateDisk.Look(folder.At("gone"))); // said once, not at every look
    }
}
