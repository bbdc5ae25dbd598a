using System.Text;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Model.Twin;
using Xunit;
using static EdgeVpn.Appliance.Tests.Cloud.TwinBench;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>What a broker can put on the topic, and what must not come of it.</summary>
public sealed class TwinSyncArrivalTests
{
    [Fact]
    public void The_same_document_again_is_ignored_in_every_state()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(7);
        Assert.Empty(bench.Arrive(7));
        bench.Handle(new TwinInput.Staged(V(7)));
        Assert.Empty(bench.Arrive(7));
        bench.Handle(new TwinInput.Applied(V(7), true));
        Assert.Empty(bench.Arrive(7));
        bench.Handle(new TwinInput.Failed(V(7), Bad, []));
        Assert.Empty(bench.Arrive(7));
        bench.Handle(new TwinInput.Reverted(V(7)));
        Assert.Empty(bench.Arrive(7));

        bench = Confirmed(7);
        Assert.Empty(bench.Arrive(7));
    }

    [Fact]
    public void An_older_document_is_never_taken_up_again()
    {
        var bench = Confirmed(7);
        foreach (var payload in new[] { Document(6).ToJson(), Document(1).ToJson() })
        {
            var discard = Assert.Single(bench.Arrive(payload).OfType<TwinOutput.Discard>());
            Assert.Equal(DiscardCause.Older, discard.Cause);
        }

        bench.After(TimeSpan.FromSeconds(1));
        Assert.Equal(V(7), bench.Report!.Version);
        Assert.Equal(DocumentState.Confirmed, bench.Report.State);
        Assert.Equal(2, bench.Report.Discarded!.Count);
        Assert.Equal(DesiredDocument.Hash(Document(1).ToJson()), bench.Report.Discarded.Sha256);
    }

    [Fact]
    public void A_document_withheld_and_then_played_after_a_refused_newer_one_is_older_still()
    {
        var bench = Confirmed(6);
        bench.Arrive(8);
        bench.Handle(new TwinInput.Failed(V(8), Bad, []));
        Assert.Equal(DiscardCause.Older, Assert.Single(bench.Arrive(7).OfType<TwinOutput.Discard>()).Cause);
    }

    [Fact]
    public void A_higher_epoch_begins_its_revisions_anew_and_the_lower_one_is_over()
    {
        var bench = Confirmed(700);
        Assert.Single(bench.Arrive(Document(1, epoch: 2).ToJson()).OfType<TwinOutput.Stage>());
        bench.Handle(new TwinInput.Failed(V(1, epoch: 2), Bad, []));
        Assert.Equal(DiscardCause.Older, Assert.Single(bench.Arrive(Document(701).ToJson()).OfType<TwinOutput.Discard>()).Cause);
    }

    [Fact]
    public void The_same_revision_with_another_body_is_discarded_and_said()
    {
        var bench = Confirmed(7);
        var discard = Assert.Single(bench.Arrive(7, """{"a":2}""").OfType<TwinOutput.Discard>());
        Assert.Equal(DiscardCause.Conflicting, discard.Cause);
        Assert.Contains("1.7 again with another body", Assert.Single(discard.Problems).Message, StringComparison.Ordinal);
        Assert.IsType<TwinState.Resting>(bench.Sync.State);
    }

    [Theory]
    [InlineData("paris", "box")]
    [InlineData("lyon", "other")]
    [InlineData("Lyon", "box")]
    public void A_document_for_somebody_else_is_discarded_whatever_its_revision(string fleet, string device)
    {
        var bench = Confirmed(7);
        var foreign = Document(8) with { Recipient = new TwinIdentity(fleet, device) };
        Assert.Equal(DiscardCause.Foreign, Assert.Single(bench.Arrive(foreign.ToJson()).OfType<TwinOutput.Discard>()).Cause);
        Assert.Single(bench.Arrive(8).OfType<TwinOutput.Stage>()); // and took no revision away
    }

    [Fact]
    public void Every_truncation_leaves_no_trace_but_a_count()
    {
        var bench = Confirmed(7);
        var payload = Document(8).ToJson();
        for (var length = 1; length < payload.Length; length++)
        {
            var outputs = bench.Arrive(payload[..length]);
            Assert.Equal(DiscardCause.Unreadable, Assert.Single(outputs.OfType<TwinOutput.Discard>()).Cause);
            Assert.DoesNotContain(outputs, o => o is TwinOutput.Stage or TwinOutput.Store);
        }

        bench.After(TimeSpan.FromSeconds(1));
        Assert.Equal(payload.Length - 1, bench.Report!.Discarded!.Count);
        Assert.Equal(V(7), bench.Sync.InForce!.Version);
        Assert.Single(bench.Arrive(payload).OfType<TwinOutput.Stage>());
    }

    [Theory]
    [InlineData(TwinLimits.MaxDesiredOctets, false)]
    [InlineData(TwinLimits.MaxDesiredOctets + 1, true)]
    [InlineData(10_000_000, true)]
    public void Size_ends_at_32_kilobytes(int octets, bool oversized)
    {
        var bench = Confirmed(7);
        var without = Document(8, """{"a":""}""").ToJson().Length;
        var payload = Document(8, $$"""{"a":"{{new string('x', octets - without)}}"}""").ToJson();
        Assert.Equal(octets, payload.Length);
        var outputs = bench.Arrive(payload);
        Assert.Equal(oversized, outputs.OfType<TwinOutput.Discard>().Any(d => d.Cause == DiscardCause.Oversized));
        Assert.Equal(!oversized, outputs.OfType<TwinOutput.Stage>().Any());
    }

    [Fact]
    public void Deep_nesting_is_unreadable_and_costs_nothing()
    {
        var bench = Confirmed(7);
        var deep = Encoding.UTF8.GetString(Document(8, """{"a":0}""").ToJson()).Replace("{\"a\":0}", $$"""{"a":{{new string('[', 15_000)}}{{new string(']', 15_000)}}}""", StringComparison.Ordinal);
        Assert.Equal(DiscardCause.Unreadable, Assert.Single(bench.Arrive(Encoding.UTF8.GetBytes(deep)).OfType<TwinOutput.Discard>()).Cause);
    }

    [Fact]
    public void Garbage_never_throws_and_never_reaches_a_handler()
    {
        const int Seed = 20_260_201;
        var random = new Random(Seed);
        var bench = Confirmed(7);
        var good = Document(8).ToJson();
        for (var round = 0; round < 5_000; round++)
        {
            byte[] payload;
            if (round % 2 == 0)
            {
                payload = new byte[random.Next(1, 300)];
                random.NextBytes(payload);
            }
            else
            {
                payload = [.. good];
                payload[random.Next(0, payload.Length - 12)] ^= (byte)(1 << random.Next(8)); // the body's own octets are the validator's
            }

            var outputs = bench.Arrive(payload);
            foreach (var stage in outputs.OfType<TwinOutput.Stage>())
            {
                // A changed digit or time may still be an envelope: then it is for this box and newer.
                Assert.Equal(Box, stage.Document.Recipient);
                bench.Handle(new TwinInput.Failed(stage.Document.Version, Bad, []));
                bench = Confirmed(7);
            }
        }
    }

    [Fact]
    public void A_removed_retained_message_changes_nothing()
    {
        var bench = Confirmed(7);
        Assert.Empty(bench.Arrive([]));
    }

    [Fact]
    public void An_envelope_of_its_own_with_problems_is_refused_with_all_of_them()
    {
        var bench = Confirmed(7);
        var outputs = bench.Arrive("""{"fleet":"lyon","device":"box","epoch":1,"revision":8,"schema":"1","issuedAt":"soon","colour":"red","body":{}}"""u8.ToArray());
        Assert.DoesNotContain(outputs, o => o is TwinOutput.Stage);
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
        Assert.Equal(V(8), bench.Report.Version);
        Assert.Equal(["$", "$.schema", "$.issuedAt"], bench.Report.Problems.Select(p => p.Path));
        Assert.Equal(V(7), bench.Report.InForce!.Version);
    }

    [Fact]
    public void A_newer_schema_is_refused_by_name_with_what_the_box_can_do()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive((Document(7) with { Schema = 2 }).ToJson());
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
        Assert.Equal(new ReportedProblem("$.schema", "is 2; this box reads schemas 1 to 1."), Assert.Single(bench.Report.Problems));
    }

    [Fact]
    public void NotAfter_limits_acceptance()
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive((Document(7) with { NotAfter = Wall - TimeSpan.FromSeconds(1) }).ToJson());
        Assert.Equal("$.notAfter", Assert.Single(bench.Report!.Problems).Path);
        Assert.Single(bench.Arrive((Document(8) with { NotAfter = Wall }).ToJson()).OfType<TwinOutput.Stage>());
    }

    [Fact]
    public void A_clock_that_fell_back_does_not_open_what_had_expired()
    {
        var bench = Confirmed(7);
        var expired = Document(8) with { NotAfter = Document(7).IssuedAt - TimeSpan.FromSeconds(1) };
        bench.Arrive(expired.ToJson(), wall: DateTimeOffset.UnixEpoch);
        Assert.Equal(DocumentState.Refused, bench.Report!.State);
    }

    [Fact]
    public void Unsigned_documents_are_taken_on_loopback_or_where_insecure_is_said_and_it_is_reported()
    {
        var far = new BrokerAddress("broker.example", 8883, Tls: true);
        var bench = new TwinBench(verifier: new UnsignedVerifier(far, insecure: false));
        bench.Handle(new TwinInput.Connected());
        Assert.Equal(DiscardCause.Unverified, Assert.Single(bench.Arrive(7).OfType<TwinOutput.Discard>()).Cause);
        bench.After(TimeSpan.FromSeconds(1));
        Assert.Equal(DocumentState.None, bench.Report!.State);
        Assert.Contains("not signed", Assert.Single(bench.Report.Discarded!.Problems).Message, StringComparison.Ordinal);
        Assert.Equal((55, "signature-refused"), (bench.Sync.Objection!.Code, bench.Sync.Objection.Name));
        Assert.StartsWith("A document is not signed;", bench.Sync.Objection.Detail, StringComparison.Ordinal);
        Assert.False(bench.Report.Insecure);

        bench = new TwinBench(verifier: new UnsignedVerifier(far, insecure: true));
        bench.Handle(new TwinInput.Connected());
        Assert.Single(bench.Arrive(7).OfType<TwinOutput.Stage>());
        Assert.True(bench.Report!.Insecure);
    }

    [Fact]
    public void A_flood_of_garbage_is_reported_once_a_second()
    {
        var bench = Confirmed(7);
        bench.After(TimeSpan.FromSeconds(5));
        var published = 0;
        for (var i = 0; i < 10_000; i++)
        {
            published += bench.Arrive([(byte)'{']).OfType<TwinOutput.Publish>().Count();
            if (i % 1_000 == 999) published += bench.After(TimeSpan.FromSeconds(1)).OfType<TwinOutput.Publish>().Count();
        }

        Assert.InRange(published, 10, 12);
        Assert.Equal(10_000, bench.Report!.Discarded!.Count);
    }
}
