using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>RFC 7296 §2.8.1: the SA made with the lowest of the four nonces is redundant.</summary>
public sealed class CollisionsTests
{
    [Theory]
    [InlineData("01 05", "02 03", false)] // our Ni is the lowest
    [InlineData("05 01", "02 03", false)] // our Nr is
    [InlineData("02 03", "01 05", true)]
    [InlineData("02 03", "05 01", true)]
    [InlineData("ff 80", "7f ff", true)] // octets are unsigned
    [InlineData("0100 0200", "01 03", true)] // of two where one begins the other the shorter is lower
    [InlineData("01ff 02", "0200 03", false)] // the first octet decides
    public void The_lowest_nonce_loses(string ours, string theirs, bool oursSurvives)
    {
        Assert.Equal(oursSurvives, Collisions.OursSurvives(Pair(ours), Pair(theirs)));
        Assert.Equal(!oursSurvives, Collisions.OursSurvives(Pair(theirs), Pair(ours))); // the other end decides the same
    }

    private static Collisions.NoncePair Pair(string text)
    {
        var nonces = text.Split(' ');
        return new Collisions.NoncePair(Convert.FromHexString(nonces[0]), Convert.FromHexString(nonces[1]));
    }
}
