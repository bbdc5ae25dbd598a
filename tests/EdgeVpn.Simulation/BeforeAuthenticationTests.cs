using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Whoever answered IKE_SA_INIT has keys and is still a stranger: nothing but IKE_AUTH helps it on.</summary>
public sealed class BeforeAuthenticationTests
{
    [Theory]
    [InlineData(ExchangeType.CreateChildSa)]
    [InlineData(ExchangeType.Informational)]
    [InlineData(ExchangeType.IkeFollowupKe)]
    [InlineData((ExchangeType)240)]
    public void No_exchange_takes_the_place_of_IKE_AUTH(ExchangeType exchange)
    {
        using var pair = HalfOpen();
        var stranger = pair.Initiator.Endpoint.Sas.Single();
        var child = new SaPayload([new Proposal(1, ProtocolId.Esp, [1, 2, 3, 4], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Esn(EsnTransform.None)])]);
        var any = TrafficSelector.AnyIPv4;
        var forged = Forger.Seal(
            stranger, exchange, isResponse: false, messageId: 1, child, new NoncePayload(new byte[32]), new TsPayload(true, [any]), new TsPayload(false, [any]));

        pair.Responder.Endpoint.Receive(forged, pair.Responder.Path, pair.Now);
        pair.Drive(60);

        Assert.Empty(pair.Responder.Log.OfType<IkeOutput.IkeSaEstablished>());
        Assert.Empty(pair.Responder.Log.OfType<IkeOutput.InstallChildSa>());
        Assert.DoesNotContain(pair.Responder.Endpoint.Sas, static sa => !sa.IsClosed);
    }

    [Fact]
    public void An_answer_is_no_request()
    {
        using var pair = HalfOpen();
        var stranger = pair.Initiator.Endpoint.Sas.Single();
        pair.Responder.Endpoint.Receive(
            Forger.Seal(stranger, ExchangeType.IkeAuth, isResponse: true, messageId: 0, new NoncePayload(new byte[32])), pair.Responder.Path, pair.Now);
        pair.Drive(60);
        Assert.Empty(pair.Responder.Log.OfType<IkeOutput.IkeSaEstablished>());
    }

    /// <summary>IKE_SA_INIT is done, and no IKE_AUTH ever arrives.</summary>
    private static Pair HalfOpen()
    {
        var pair = new Pair(1);
        pair.ToResponder.Drops = static datagram => datagram[18] == (byte)ExchangeType.IkeAuth;
        pair.Initiator.Initiate(pair.Now);
        pair.Drive(1);
        Assert.True(pair.Responder.Endpoint.Sas.Single().IsHalfOpen);
        return pair;
    }
}
