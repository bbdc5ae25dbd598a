using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>A stranger who saw everything and may send anything: no exception, no change of state, and the SAs work on.</summary>
public sealed class AdversityTests
{
    /// <summary>One in so many of the mutations is sent at each point; 1 is all of them.</summary>
    private static readonly int Stride = int.Parse(Environment.GetEnvironmentVariable("EDGEVPN_STRIDE") ?? "7");

    /// <summary>Where a live pair is when the stranger comes.</summary>
    public enum Point
    {
        Established,
        ChildRekeyAsked,
        ChildRekeyAnswered,
        IkeRekeyAsked,
        IkeRekeyCollided,
        Closing,
        Closed,
    }

    public static TheoryData<Point> Points() => [.. Enum.GetValues<Point>()];

    [Theory]
    [MemberData(nameof(Points))]
    public void Copies_truncations_and_flipped_bits_of_a_whole_session_change_nothing(Point point)
    {
        using var pair = Live(point, 1);
        var mutation = 0;
        foreach (var side in pair.Sides)
        {
            foreach (var original in pair.Arriving(side).Sent.ToList())
            {
                var before = State(side);
                foreach (var mutated in Mutations(original))
                {
                    if (mutation++ % Stride != 0) continue;
                    side.Endpoint.Receive(mutated, side.Path, pair.Now);
                    side.Serve(new SimulatedLink(new SeededEntropy(1)), pair.Now);
                }

                Assert.Equal(before, State(side));
            }
        }

        Assert.True(mutation > 10_000);
        AssertGoesOn(pair, point);
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void Every_message_of_the_session_again_in_any_order_changes_nothing(Point point)
    {
        for (ulong seed = 0; seed < 10; seed++)
        {
            using var pair = Live(point, seed);
            foreach (var side in pair.Sides)
            {
                var before = State(side);
                var seen = pair.Arriving(side).Sent.Take(pair.Arriving(side).Sent.Count - pair.Arriving(side).OnTheWay).ToList();
                for (var i = 0; i < 300 && seen.Count > 0; i++)
                {
                    side.Endpoint.Receive(seen[pair.Chance.Below(seen.Count)], side.Path, pair.Now);
                    side.Serve(new SimulatedLink(new SeededEntropy(1)), pair.Now);
                }

                Assert.Equal(before, State(side));
            }

            AssertGoesOn(pair, point);
        }
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void Garbage_changes_nothing(Point point)
    {
        using var pair = Live(point, 2);
        foreach (var side in pair.Sides)
        {
            var before = State(side);
            var header = pair.Arriving(side).Sent[^1].AsSpan(0, 28).ToArray();
            for (var i = 0; i < 20_000; i++)
            {
                var garbage = new byte[pair.Chance.Below(i % 50 == 0 ? 2000 : 120)];
                pair.Chance.Fill(garbage);
                if (i % 2 == 0 && garbage.Length >= 28)
                {
                    header.CopyTo(garbage, 0); // so that it reaches further in
                    garbage[16] = (byte)(i % 4 == 0 ? 46 : pair.Chance.Below(64));
                    garbage[19] = (byte)((garbage[19] & 0x08) | (pair.Chance.Below(2) << 5));
                    garbage[23] = (byte)pair.Chance.Below(8);
                    (garbage[24], garbage[25], garbage[26], garbage[27]) = (0, 0, (byte)(garbage.Length >> 8), (byte)garbage.Length);
                }

                side.Endpoint.Receive(garbage, side.Path, pair.Now);
                side.Serve(new SimulatedLink(new SeededEntropy(1)), pair.Now);
            }

            Assert.Equal(before, State(side));
        }

        AssertGoesOn(pair, point);
    }

    [Fact]
    public void Flipped_bits_during_set_up_never_end_in_different_SAs()
    {
        // IKE_SA_INIT is not protected: a changed message may end the attempt, but never in an exception or a disagreement.
        using var reference = Pair.Connected(3);
        var messages = reference.ToResponder.Sent.Count + reference.ToInitiator.Sent.Count;
        Assert.Equal(4, messages);
        Parallel.For(0, 4, which =>
        {
            var bits = (which % 2 == 0 ? reference.ToResponder : reference.ToInitiator).Sent[which / 2].Length * 8;
            for (var bit = which % Stride; bit < bits; bit += Stride)
            {
                using var pair = new Pair(3);
                pair.Initiator.KeepsUp = true;
                var link = which % 2 == 0 ? pair.ToResponder : pair.ToInitiator;
                var count = 0;
                link.Tamper = datagram =>
                {
                    if (count++ != which / 2) return datagram;
                    var flipped = (byte[])datagram.Clone();
                    flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                    return flipped;
                };
                pair.Initiator.Initiate(pair.Now);
                pair.Run(TimeSpan.FromMinutes(2));
                Assert.True(pair.Initiator.IkeSas.Any(), pair.Explain($"message {which}, bit {bit}: no SA"));
                pair.AssertAgreement();
            }
        });
    }

    private static IEnumerable<byte[]> Mutations(byte[] original)
    {
        for (var length = 0; length < original.Length; length++)
        {
            yield return original[..length];
            var consistent = original[..length];
            if (length < 28) continue;
            (consistent[26], consistent[27]) = ((byte)(length >> 8), (byte)length);
            yield return consistent;
        }

        for (var bit = 0; bit < original.Length * 8; bit++)
        {
            var flipped = (byte[])original.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return flipped;
        }
    }

    private static Pair Live(Point point, ulong seed)
    {
        var pair = Pair.Connected(seed, options: seed % 2 == 0 ? static o => o with { FragmentOctets = 200 } : null);
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.Responder.RekeyIke(pair.Now);
        pair.Drive();
        pair.Responder.CheckLiveness(pair.Now);
        pair.Initiator.CheckLiveness(pair.Now);
        pair.Drive();
        switch (point)
        {
            case Point.Established:
                break;
            case Point.ChildRekeyAsked:
                pair.Initiator.RekeyChildren(pair.Now);
                pair.Run(TimeSpan.FromMilliseconds(1));
                break;
            case Point.ChildRekeyAnswered:
                pair.ToInitiator.DelayAll = TimeSpan.FromSeconds(0.2);
                pair.Initiator.RekeyChildren(pair.Now);
                pair.Run(TimeSpan.FromMilliseconds(100));
                break;
            case Point.IkeRekeyAsked:
                pair.Initiator.RekeyIke(pair.Now);
                pair.Run(TimeSpan.FromMilliseconds(1));
                break;
            case Point.IkeRekeyCollided:
                pair.ToInitiator.DelayAll = pair.ToResponder.DelayAll = TimeSpan.FromSeconds(0.2);
                pair.Initiator.RekeyIke(pair.Now);
                pair.Responder.RekeyIke(pair.Now);
                pair.Run(TimeSpan.FromMilliseconds(300));
                break;
            case Point.Closing:
                pair.Initiator.Close(pair.Now);
                pair.Run(TimeSpan.FromMilliseconds(1));
                break;
            case Point.Closed:
                pair.Initiator.Close(pair.Now);
                pair.Drive();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(point));
        }

        return pair;
    }

    private static void AssertGoesOn(Pair pair, Point point)
    {
        pair.Run(TimeSpan.FromMinutes(2));
        if (point is Point.Closing or Point.Closed)
        {
            pair.AssertSameSas();
            Assert.Empty(pair.Initiator.Endpoint.Status());
            pair.Initiator.Initiate(pair.Now);
            pair.Drive();
        }

        pair.AssertAgreement();
        pair.AssertNoOrphans();
    }

    /// <summary>Everything a stranger must not move (a half-open SA of his own aside): SAs, their states and message IDs, what the shell was told.</summary>
    private static string State(Side side) => string.Join(
        '\n',
        side.Endpoint.Sas.Where(static sa => !sa.IsHalfOpen).OrderBy(static sa => sa.Id.Value).Select(static sa =>
            $"{sa.Id} {sa.State.GetType().Name} {sa.Path} next {sa.NextRequestId} current {sa.Current?.GetType().Name} {sa.NextDeadline} "
            + string.Join(' ', sa.Children.All.Select(static c => $"{c.Id} {c.State} {c.IsUsed} {c.IsConfirmed}")))
            .Append($"{side.Endpoint.EspSpisInUse} SPIs, {side.Installed.Count} installed, "
                + $"{side.Log.Count(static o => o is not (IkeOutput.MessageSeen or IkeOutput.AttemptRefused))} told"));
}
