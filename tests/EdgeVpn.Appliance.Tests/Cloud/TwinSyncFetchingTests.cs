using System.Text;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Model.Twin;
using Xunit;
using static EdgeVpn.Appliance.Tests.Cloud.TwinBench;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>A body that is not in its document: whatever a broker does with its pieces, it is whole and the signed one, or it is refused and nothing changed.</summary>
public sealed class TwinSyncFetchingTests
{
    private static readonly TimeSpan FetchTime = new TwinSettings().FetchTime;
    private static readonly byte[] s_body = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', (2 * TwinLimits.BodyPieceOctets) + 100)}}"}""");
    private static readonly BodyReference s_reference = BodyReference.To(s_body);

    [Fact]
    public void A_body_is_asked_for_piece_by_piece_and_staged_when_its_hash_is_the_signed_one()
    {
        var bench = Confirmed(7);
        var outputs = Arrive(bench, 8);
        Assert.Equal(DocumentState.Received, bench.Report!.State);
        Assert.Equal(new TwinOutput.Ask(s_reference.NameOf(0)), outputs[^1]);
        for (var piece = 0; piece < 3; piece++)
        {
            Assert.DoesNotContain(outputs, o => o is TwinOutput.Stage);
            outputs = Bring(bench, piece);
            Assert.Equal(piece < 2 ? s_reference.NameOf(piece + 1) : null, Assert.IsType<TwinOutput.Ask>(outputs[0]).Piece);
        }

        var staged = Assert.IsType<TwinOutput.Stage>(outputs[1]).Document;
        Assert.Equal(s_body, staged.Body.ToArray());
        Assert.Equal(new DocumentReference(1, 8, s_reference.Sha256), staged.Reference);
        Assert.Equal(staged.Reference, bench.Disk.Newest);
        Assert.Null(bench.Sync.NextDeadline);
        bench.Handle(new TwinInput.Staged(V(8)));
        bench.Handle(new TwinInput.Applied(V(8), KeepsBroker: false));
        bench.Handle(new TwinInput.Reached(V(8)));
        bench.Handle(new TwinInput.Committed(V(8)));
        Assert.Equal(staged.Reference, bench.Report!.InForce);
    }

    [Fact]
    public void A_body_that_was_swapped_is_refused_by_its_hash()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Bring(bench, 0);
        Bring(bench, 1);
        var last = s_reference.Piece(s_body, 2).ToArray();
        last[^3] ^= 1;
        Refused(bench, Bring(bench, 2, last), "$.reference.sha256", "is not the hash of the body that the broker keeps");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-TwinLimits.BodyPieceOctets + 1)]
    [InlineData(1_000_000)]
    public void A_piece_that_is_too_short_or_too_long_is_refused_at_once(int more)
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Bring(bench, 0);
        Refused(bench, Bring(bench, 1, new byte[TwinLimits.BodyPieceOctets + more]), "$.reference", "piece 2 of 3 of its body has");
    }

    [Fact]
    public void A_body_that_never_comes_is_refused_when_its_time_is_over()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Bring(bench, 0);
        Assert.Empty(bench.After(FetchTime - TimeSpan.FromSeconds(1)));
        Assert.Equal(bench.Now + TimeSpan.FromSeconds(1), bench.Sync.NextDeadline);
        Refused(bench, bench.After(TimeSpan.FromSeconds(1)), "$.reference", "piece 2 of 3 of its body did not come within 180 s");
        Assert.Empty(Arrive(bench, 8)); // and is not tried again for being retained
        Assert.DoesNotContain(Bring(bench, 1), o => o is TwinOutput.Stage or TwinOutput.Ask);
    }

    [Fact]
    public void Only_time_with_a_broker_counts_and_each_session_is_asked_again()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Bring(bench, 0);
        bench.After(FetchTime / 2);
        bench.Handle(new TwinInput.Disconnected());
        Assert.Null(bench.Sync.NextDeadline);
        bench.After(TimeSpan.FromDays(3));
        Assert.IsType<TwinState.Fetching>(bench.Sync.State);
        Assert.Contains(new TwinOutput.Ask(s_reference.NameOf(1)), bench.Handle(new TwinInput.Connected())); // what came is kept
        bench.After((FetchTime / 2) - TimeSpan.FromSeconds(1));
        Assert.IsType<TwinState.Fetching>(bench.Sync.State);
        bench.After(TimeSpan.FromSeconds(1));
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
    }

    [Fact]
    public void A_broker_that_denies_the_body_is_named()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Assert.DoesNotContain(bench.Handle(new TwinInput.PieceDenied("another", "NotAuthorized")), o => o is TwinOutput.Store);
        Refused(bench, bench.Handle(new TwinInput.PieceDenied(s_reference.NameOf(0), "NotAuthorized")), "$.reference", "does not let this box read its body: NotAuthorized");
    }

    [Fact]
    public void A_newer_document_does_not_wait_for_a_body_that_is_withheld()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Bring(bench, 0);
        var outputs = bench.Arrive(9);
        Assert.Equal(V(9), Assert.Single(outputs.OfType<TwinOutput.Stage>()).Document.Version);
        Assert.Contains(new TwinOutput.Ask(null), outputs);
        Assert.Empty(Bring(bench, 1));
        Assert.Equal(V(9), bench.Disk.Newest!.Version);
    }

    [Fact]
    public void A_piece_that_was_not_asked_for_is_not_looked_at()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        foreach (var piece in (int[])[2, 1]) Assert.Empty(Bring(bench, piece));
        Assert.Empty(bench.Handle(new TwinInput.PieceArrived("x", new byte[3])));
        Bring(bench, 0);
        Assert.Empty(Bring(bench, 0, new byte[5])); // a second delivery of one that was taken
        Bring(bench, 1);
        Assert.Single(Bring(bench, 2).OfType<TwinOutput.Stage>());
    }

    [Fact]
    public void A_document_whose_body_no_schema_would_take_is_judged_like_any_other()
    {
        byte[] body = [.. "{\"a\":1,\"a\":2}"u8];
        var bench = Confirmed(7);
        bench.Arrive(Document(8).Referring(BodyReference.To(body)).ToJson());
        Refused(bench, bench.Handle(new TwinInput.PieceArrived(BodyReference.To(body).NameOf(0), body)), "$.body", "is not JSON this box reads");

        bench.Arrive(Document(9).Referring(BodyReference.To(s_body) with { Octets = 3 * 1024 * 1024 }).ToJson());
        Assert.Equal(("$.reference.octets", V(9)), (Assert.Single(bench.Report!.Problems).Path, bench.Report.Version));
    }

    [Fact]
    public void A_restart_in_the_middle_begins_the_document_again()
    {
        var bench = Confirmed(7);
        Arrive(bench, 8);
        Bring(bench, 0);
        var again = new TwinBench(bench.Disk, bench.Sync.InForce);
        again.Handle(new TwinInput.Connected());
        Assert.Equal(DocumentState.Received, again.Report!.State);
        Assert.Equal(new TwinOutput.Ask(s_reference.NameOf(0)), Arrive(again, 8)[^1]);
        for (var piece = 0; piece < 2; piece++) Bring(again, piece);
        Assert.Single(Bring(again, 2).OfType<TwinOutput.Stage>());
    }

    [Fact]
    public void Without_a_broker_a_document_from_a_stick_waits_for_its_body()
    {
        var bench = new TwinBench();
        Assert.DoesNotContain(Arrive(bench, 8), o => o is TwinOutput.Ask);
        Assert.Null(bench.Sync.NextDeadline);
        Assert.Contains(new TwinOutput.Ask(s_reference.NameOf(0)), bench.Handle(new TwinInput.Connected()));
    }

    private static TwinOutput[] Arrive(TwinBench bench, long revision) => bench.Arrive(Document(revision).Referring(s_reference).ToJson());

    private static TwinOutput[] Bring(TwinBench bench, int piece, byte[]? instead = null) =>
        bench.Handle(new TwinInput.PieceArrived(s_reference.NameOf(piece), instead ?? s_reference.Piece(s_body, piece)));

    private static void Refused(TwinBench bench, TwinOutput[] outputs, string path, string message)
    {
        Assert.DoesNotContain(outputs, o => o is TwinOutput.Stage or TwinOutput.Apply);
        Assert.Contains(new TwinOutput.Ask(null), outputs);
        Assert.Equal((DocumentState.Refused, 52), (bench.Report!.State, bench.Report.Reason!.Code));
        var problem = Assert.Single(bench.Report.Problems);
        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(V(7), bench.Report.InForce!.Version);
        Assert.Equal(DocumentState.Refused, bench.Disk.State);
        Assert.IsType<TwinState.Resting>(bench.Sync.State);
    }
}
