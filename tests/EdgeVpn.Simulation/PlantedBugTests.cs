using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>A simulation that cannot fail proves nothing: with a wrong rule planted it must.</summary>
public sealed class PlantedBugTests
{
    public enum Rule
    {
        OursAlwaysSurvives,
        TheirsAlwaysSurvives,
        OnlyInitiatorNoncesCount,
        EveryOtherTimeReversed,
    }

    [Theory]
    [InlineData(Rule.OursAlwaysSurvives)]
    [InlineData(Rule.TheirsAlwaysSurvives)]
    [InlineData(Rule.EveryOtherTimeReversed)]
    public void A_wrong_collision_rule_is_found(Rule rule)
    {
        Assert.ThrowsAny<Exception>(() => Collide(rule, child: true));
        Assert.ThrowsAny<Exception>(() => Collide(rule, child: false));
    }

    /// <summary>And a rule on which both ends agree, though it is not the RFC's, works between them: only a vector can tell.</summary>
    [Fact]
    public void Another_rule_that_both_ends_share_is_not_found()
    {
        Collide(Rule.OnlyInitiatorNoncesCount, child: true);
        Collide(Rule.OnlyInitiatorNoncesCount, child: false);
    }

    /// <summary>What an engine may get wrong in what it tells the shell, one at a time.</summary>
    public static TheoryData<string> Bugs => ["the new pair is used before the peer has it", "a replaced pair does not linger", "ESP stays where it was", "an old pair is never removed"];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_wrong_word_to_the_shell_is_found(string bug)
    {
        Func<IkeOutput, IkeOutput?> planted = output => (bug, output) switch
        {
            ("the new pair is used before the peer has it", IkeOutput.InstallChildSa install) => install with { UseOutbound = true },
            ("a replaced pair does not linger", IkeOutput.RemoveChildSa remove) => remove with { Linger = TimeSpan.Zero },
            ("ESP stays where it was", IkeOutput.MoveChildSas) => null,
            ("an old pair is never removed", IkeOutput.RemoveChildSa) => null,
            _ => output,
        };
        var found = 0;
        foreach (var act in new[] { CollisionTests.Act.ChildRekey, CollisionTests.Act.Reauthenticate, CollisionTests.Act.Move })
        {
            for (ulong seed = 1; seed <= 20; seed++)
            {
                CollisionTests.Alone(act, seed, planted: null);
                if (Record.Exception(() => CollisionTests.Alone(act, seed, planted)) is not null) found++;
            }
        }

        Assert.True(found > 0, $"not found: {bug}");
    }

    private static void Collide(Rule rule, bool child)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var calls = 0;
            CollisionTests.Collide(
                seed,
                child,
                options => options with
                {
                    OursSurvives = (ours, theirs) => rule switch
                    {
                        Rule.OursAlwaysSurvives => true,
                        Rule.TheirsAlwaysSurvives => false,
                        Rule.OnlyInitiatorNoncesCount => ours.Ni.AsSpan().SequenceCompareTo(theirs.Ni) > 0,
                        _ => Collisions.OursSurvives(ours, theirs) ^ (calls++ % 2 == 1),
                    },
                });
        }
    }
}
