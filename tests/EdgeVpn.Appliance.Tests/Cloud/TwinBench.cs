using System.Text;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>One twin, its clock, and everything it asked for.</summary>
internal sealed class TwinBench
{
    public static readonly TwinIdentity Box = new("lyon", "box");
    public static readonly DateTimeOffset Wall = new(2026, 2, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly ReportedReason Bad = new(52, "document-refused");
    private readonly List<TwinOutput> _outputs = [];

    public TwinBench(TwinMemory? memory = null, DocumentReference? inForce = null, IDesiredVerifier? verifier = null)
    {
        Sync = new TwinSync(Box, verifier ?? Trusting(), new TwinSettings { CommitConfirm = TimeSpan.FromMinutes(5) }, memory ?? TwinMemory.Empty, inForce);
        Disk = memory ?? TwinMemory.Empty;
        Take();
    }

    public TwinSync Sync { get; }

    public Instant Now { get; private set; } = new(1_000_000_000);

    /// <summary>What the last Store wrote; what a restart finds.</summary>
    public TwinMemory Disk { get; private set; }

    public ReportedDocument? Report { get; private set; }

    public long ReportNumber { get; private set; }

    /// <summary>Taken since the last call.</summary>
    public TwinOutput[] Taken()
    {
        TwinOutput[] taken = [.. _outputs];
        _outputs.Clear();
        return taken;
    }

    public TwinOutput[] Handle(TwinInput input)
    {
        Sync.Handle(input, Now);
        Take();
        return Taken();
    }

    public TwinOutput[] After(TimeSpan span)
    {
        Now += span;
        Sync.Advance(Now);
        Take();
        return Taken();
    }

    public TwinOutput[] Arrive(byte[] payload, DateTimeOffset? wall = null) => Handle(new TwinInput.DocumentArrived(payload, wall ?? Wall));

    public TwinOutput[] Arrive(long revision, string body = """{"a":1}""") => Arrive(Document(revision, body).ToJson());

    /// <summary>Connected, and the document in force on trial with nothing reached yet.</summary>
    public static TwinBench OnTrial(long revision = 7, bool keepsBroker = true)
    {
        var bench = new TwinBench();
        bench.Handle(new TwinInput.Connected());
        bench.Arrive(revision);
        bench.Handle(new TwinInput.Staged(V(revision)));
        bench.Handle(new TwinInput.Applied(V(revision), keepsBroker));
        return bench;
    }

    public static TwinBench Confirmed(long revision = 7)
    {
        var bench = OnTrial(revision);
        bench.Handle(new TwinInput.ReportDelivered(bench.ReportNumber));
        bench.Handle(new TwinInput.Reached(V(revision)));
        bench.Handle(new TwinInput.Committed(V(revision)));
        return bench;
    }

    public static DocumentVersion V(long revision, long epoch = 1) => new(epoch, revision);

    public static DesiredDocument Document(long revision, string body = """{"a":1}""", long epoch = 1) => new()
    {
        Recipient = Box,
        Version = V(revision, epoch),
        Schema = 1,
        IssuedAt = Wall - TimeSpan.FromHours(1),
        Body = Encoding.UTF8.GetBytes(body),
    };

    public static IDesiredVerifier Trusting() => new UnsignedVerifier(new BrokerAddress("127.0.0.1", 1883, Tls: false), insecure: false);

    private void Take()
    {
        while (Sync.TryTake(out var output))
        {
            _outputs.Add(output);
            if (output is TwinOutput.Store store) Disk = store.Memory;
            if (output is TwinOutput.Publish publish)
            {
                Assert.True(publish.Number > ReportNumber, "report numbers grow");
                (Report, ReportNumber) = (publish.Report, publish.Number);
            }
        }
    }
}
