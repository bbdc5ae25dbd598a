using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Model.Twin;
using Xunit;
using static EdgeVpn.Appliance.Tests.Cloud.TwinBench;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>Power cuts: what a box knows when it starts from what it had written.</summary>
public sealed class TwinSyncRestartTests
{
    [Fact]
    public void Memory_reads_back_as_it_was_written()
    {
        var bench = Confirmed(6);
        bench.Arrive(7);
        bench.Handle(new TwinInput.Failed(V(7), Bad, [new("$.body", "is empty.")]));
        var read = TwinMemory.Read(bench.Disk.ToJson())!;
        Assert.Equal(bench.Disk with { Problems = null }, read with { Problems = null });
        Assert.Equal(bench.Disk.Problems!, read.Problems!);
        Assert.Null(TwinMemory.Read("not json"u8));
    }

    [Fact]
    public void After_a_restart_the_confirmed_document_is_known_and_ignored()
    {
        var before = Confirmed(7);
        var bench = new TwinBench(before.Disk, before.Sync.InForce);
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Confirmed, bench.Report!.State);
        Assert.Empty(bench.Arrive(7));
        Assert.Equal(DiscardCause.Older, Assert.Single(bench.Arrive(6).OfType<TwinOutput.Discard>()).Cause);
    }

    [Fact]
    public void A_power_cut_before_the_change_takes_the_document_up_again()
    {
        var before = new TwinBench();
        before.Arrive(7);
        Assert.Equal(DocumentState.Received, before.Disk.State);
        var bench = new TwinBench(before.Disk);
        bench.Handle(new TwinInput.Connected());
        Assert.Single(bench.Arrive(7).OfType<TwinOutput.Stage>());
        Assert.Empty(bench.Arrive(7)); // once
    }

    [Fact]
    public void A_power_cut_during_the_change_or_the_trial_is_a_revert_and_not_tried_again()
    {
        var before = Confirmed(6);
        before.Arrive(7);
        before.Handle(new TwinInput.Staged(V(7)));
        var bench = new TwinBench(before.Disk, before.Sync.InForce);
        Assert.Equal(DocumentState.Reverted, bench.Disk.State); // written at once
        bench.Handle(new TwinInput.Connected());
        Assert.Equal((DocumentState.Reverted, 53), (bench.Report!.State, bench.Report.Reason!.Code));
        Assert.Equal(V(6), bench.Report.InForce!.Version);
        Assert.Empty(bench.Arrive(7));
        Assert.Single(bench.Arrive(8).OfType<TwinOutput.Stage>());
    }

    [Fact]
    public void A_power_cut_between_the_commit_and_the_note_about_it_is_a_confirmation()
    {
        var before = OnTrial(7);
        Assert.Equal(DocumentState.Applied, before.Disk.State);
        var bench = new TwinBench(before.Disk, inForce: Document(7).Reference);
        Assert.Equal(DocumentState.Confirmed, bench.Disk.State);
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Confirmed, bench.Report!.State);
        Assert.Empty(bench.Arrive(7));
    }

    [Fact]
    public void A_refused_document_is_tried_again_by_the_software_that_starts_next()
    {
        var before = Confirmed(6);
        before.Arrive(7);
        before.Handle(new TwinInput.Failed(V(7), Bad, []));
        var bench = new TwinBench(before.Disk, before.Sync.InForce);
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
        Assert.Single(bench.Arrive(7).OfType<TwinOutput.Stage>());
    }

    [Fact]
    public void A_lost_memory_file_takes_the_document_on_disk_as_the_newest()
    {
        var bench = new TwinBench(TwinMemory.Empty, inForce: Document(7).Reference);
        bench.Handle(new TwinInput.Connected());
        Assert.Equal((DocumentState.Confirmed, V(7)), (bench.Report!.State, bench.Report.Version));
        Assert.Equal(DiscardCause.Older, Assert.Single(bench.Arrive(6).OfType<TwinOutput.Discard>()).Cause);
    }

    [Fact]
    public void A_box_that_starts_from_another_configuration_says_so_instead_of_confirmed()
    {
        var before = Confirmed(7);
        var bench = new TwinBench(before.Disk, inForce: null);
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Reverted, bench.Report!.State);
        Assert.Null(bench.Report.InForce);
    }
}
