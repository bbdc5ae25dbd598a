using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Certificates at both ends: signed and judged by shells that take their time, over links that lose and repeat.</summary>
public sealed class CertificateTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    [Fact]
    public void Certificates_set_up_one_SA_whatever_is_lost_or_late()
    {
        for (ulong seed = 0; seed < 80; seed++)
        {
            using var pair = WithCertificates(seed, seed % 2 == 0 ? 0 : 3_000, seed % 3 == 0 ? SlowWorkTests.Slowly : null);
            pair.Both(seed < 20 ? LinkConditions.Perfect : new LinkConditions(Loss: 0.15, Duplication: 0.2, MaxDelaySeconds: 0.3));
            foreach (var side in pair.Sides) (side.Shell.Longest, side.Shell.ReturnsTwice) = (Longest, seed % 5 == 0);
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(28));
            pair.Both(LinkConditions.Perfect);
            pair.Drive();
            pair.AssertAgreement();
            pair.AssertNoOrphans();
            Assert.All(pair.Sides, static side => Assert.Equal(0, side.Endpoint.WorkAway));
            Assert.Contains(pair.Initiator.Log, static o => o is IkeOutput.Sign { Method: AuthenticationMethod.DigitalSignature });
        }
    }

    [Fact]
    public void Both_ends_initiating_at_once_with_certificates_end_with_one_SA()
    {
        for (ulong seed = 0; seed < 60; seed++)
        {
            using var pair = WithCertificates(seed);
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(seed * 5));
            pair.Responder.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(40));
            pair.Drive();
            pair.AssertAgreement();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_certificate_that_is_refused_is_named_at_both_ends(bool initiatorLies)
    {
        using var pair = WithCertificates(3);
        var liar = initiatorLies ? pair.Initiator : pair.Responder;
        liar.Shell.Name = "somebody.else"; // signs with another key than its certificate's
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        var other = pair.Other(liar);
        Assert.Equal(CloseCause.CertificateRefused, other.Closed.Single().Cause);
        Assert.Equal(CloseCause.CertificateRefusedByPeer, liar.Closed.Single().Cause);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void A_certificate_for_another_name_is_refused()
    {
        using var pair = new Pair(
            4,
            static c => c with { Credential = ToyCertificates.Of("stranger.lab") },
            static c => c with { Credential = ToyCertificates.Of("cloud.lab") });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.CertificateRefused, pair.Responder.Closed.Single().Cause);
        Assert.Contains("stranger.lab", pair.Responder.Closed.Single().Detail);
        Assert.Equal(CloseCause.CertificateRefusedByPeer, pair.Initiator.Closed.Single().Cause);
        AssertNothingLeft(pair);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pre_shared_key_does_not_stand_in_for_a_certificate(bool initiatorHasCertificate)
    {
        using var pair = new Pair(
            5,
            c => initiatorHasCertificate ? c with { Credential = ToyCertificates.Of("branch.lab") } : c,
            c => initiatorHasCertificate ? c : c with { Credential = ToyCertificates.Of("cloud.lab") });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Empty(pair.Initiator.Installed);
        Assert.Empty(pair.Responder.Installed);
        Assert.Single(pair.Initiator.Closed);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void A_key_that_cannot_be_used_ends_the_attempt_with_its_reason()
    {
        using var pair = WithCertificates(6);
        pair.Initiator.Shell.IsStuck = true;
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        var sign = pair.Initiator.Log.OfType<IkeOutput.Sign>().Single();
        pair.Initiator.Endpoint.Handle(
            new IkeInput.WorkFailed(sign.Work, new CloseReason(CloseCause.CertificateRefused, Detail: "our key is not our certificate's")), pair.Now);
        pair.Run(TimeSpan.Zero);
        Assert.Equal(CloseCause.CertificateRefused, pair.Initiator.Closed.Single().Cause);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void The_shell_is_asked_for_nothing_before_the_peer_spoke_in_IKE_AUTH()
    {
        using var pair = WithCertificates(7);
        pair.ToResponder.Drops = static datagram => datagram[18] == (byte)ExchangeType.IkeAuth;
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(0, pair.Responder.Shell.Taken);
    }

    [Fact]
    public void Closing_while_a_certificate_is_judged_leaves_nothing()
    {
        for (ulong seed = 0; seed < 60; seed++)
        {
            using var pair = WithCertificates(seed);
            foreach (var side in pair.Sides) side.Shell.Longest = Longest;
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(seed * 60));
            (seed % 2 == 0 ? pair.Initiator : pair.Responder).Close(pair.Now);
            pair.Run(TimeSpan.FromMinutes(1));
            if (pair.Sides.All(static side => !side.IkeSas.Any())) AssertNothingLeft(pair);
            else pair.AssertAgreement(); // the responder closed nothing: it did not know yet whose it was
        }
    }

    private static Pair WithCertificates(ulong seed, int padding = 0, Func<IkeEndpointOptions, IkeEndpointOptions>? options = null) => new(
        seed,
        c => c with { Credential = ToyCertificates.Of(c.LocalIdentity.ToString(), padding) },
        c => c with { Credential = ToyCertificates.Of(c.LocalIdentity.ToString(), padding) },
        options);

    private static void AssertNothingLeft(Pair pair)
    {
        pair.Run(TimeSpan.FromMinutes(3));
        foreach (var side in pair.Sides)
        {
            Assert.Empty(side.Endpoint.Sas);
            Assert.Equal(0, side.Endpoint.EspSpisInUse);
            Assert.Equal(0, side.Endpoint.WorkAway);
            Assert.Null(side.Endpoint.NextDeadline);
        }
    }
}
