using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Compositions of RFC 7296 §1.2 to §1.5 and appendix C, and what is none.</summary>
public sealed class PayloadRulesTests
{
    // exchange > request or < response, then the payloads; inside SK unless the exchange is in clear
    [Theory]
    [InlineData("> SA KE Ni", ExchangeType.IkeSaInit)]
    [InlineData("> N SA KE Ni N N V V", ExchangeType.IkeSaInit)]
    [InlineData("> N(COOKIE) SA KE Ni", ExchangeType.IkeSaInit)]
    [InlineData("> Ni KE SA", ExchangeType.IkeSaInit)]
    [InlineData("> SA KE Ni ?", ExchangeType.IkeSaInit)]
    [InlineData("< SA KE Ni CERTREQ CERTREQ", ExchangeType.IkeSaInit)]
    [InlineData("< N(COOKIE)", ExchangeType.IkeSaInit)]
    [InlineData("< E", ExchangeType.IkeSaInit)]
    [InlineData("> IDi CERT CERT CERTREQ IDr AUTH CP SA TSi TSr N V", ExchangeType.IkeAuth)]
    [InlineData("> IDi SA TSi TSr", ExchangeType.IkeAuth)] // EAP begins
    [InlineData("> EAP", ExchangeType.IkeAuth)]
    [InlineData("> AUTH", ExchangeType.IkeAuth)]
    [InlineData("< IDr CERT AUTH EAP", ExchangeType.IkeAuth)]
    [InlineData("< IDr AUTH SA TSi TSr", ExchangeType.IkeAuth)]
    [InlineData("< IDr AUTH E", ExchangeType.IkeAuth)] // the IKE SA stands, the child was refused
    [InlineData("< E", ExchangeType.IkeAuth)]
    [InlineData("> IDi AUTH", ExchangeType.IkeAuth)] // RFC 6023
    [InlineData("> N SA Ni KE TSi TSr", ExchangeType.CreateChildSa)]
    [InlineData("> SA Ni KE", ExchangeType.CreateChildSa)]
    [InlineData("< SA Ni TSi TSr CP", ExchangeType.CreateChildSa)]
    [InlineData("< E", ExchangeType.CreateChildSa)]
    [InlineData(">", ExchangeType.Informational)]
    [InlineData("<", ExchangeType.Informational)]
    [InlineData("> D D N CP", ExchangeType.Informational)]
    [InlineData("> KE", ExchangeType.IkeIntermediate)]
    [InlineData("> KE N", ExchangeType.IkeFollowupKe)]
    [InlineData("> Ni N", ExchangeType.IkeSessionResume)]
    public void Composition_of_the_rfc_is_accepted(string message, ExchangeType exchange) =>
        Assert.Equal((PayloadViolation.None, PayloadType.None), Check(message, exchange));

    [Theory]
    [InlineData("> SA KE", ExchangeType.IkeSaInit, PayloadViolation.Missing, PayloadType.Nonce)]
    [InlineData("< SA KE", ExchangeType.IkeSaInit, PayloadViolation.Missing, PayloadType.Nonce)]
    [InlineData("> E", ExchangeType.IkeSaInit, PayloadViolation.Missing, PayloadType.SecurityAssociation)] // only an answer may refuse
    [InlineData("> SA KE Ni Ni", ExchangeType.IkeSaInit, PayloadViolation.TooMany, PayloadType.Nonce)]
    [InlineData("< SA SA KE Ni E", ExchangeType.IkeSaInit, PayloadViolation.TooMany, PayloadType.SecurityAssociation)]
    [InlineData("> SA KE Ni AUTH", ExchangeType.IkeSaInit, PayloadViolation.Unexpected, PayloadType.Authentication)]
    [InlineData("> SA KE Ni CERTREQ", ExchangeType.IkeSaInit, PayloadViolation.Unexpected, PayloadType.CertificateRequest)]
    [InlineData("> IDi IDi AUTH", ExchangeType.IkeAuth, PayloadViolation.TooMany, PayloadType.IdentificationInitiator)]
    [InlineData("> IDi AUTH SA TSi", ExchangeType.IkeAuth, PayloadViolation.Missing, PayloadType.TrafficSelectorResponder)]
    [InlineData("> IDi AUTH SA", ExchangeType.IkeAuth, PayloadViolation.Missing, PayloadType.TrafficSelectorInitiator)]
    [InlineData("> IDi AUTH TSi TSr", ExchangeType.IkeAuth, PayloadViolation.Missing, PayloadType.SecurityAssociation)]
    [InlineData("> IDi AUTH KE", ExchangeType.IkeAuth, PayloadViolation.Unexpected, PayloadType.KeyExchange)]
    [InlineData("< IDi AUTH", ExchangeType.IkeAuth, PayloadViolation.Unexpected, PayloadType.IdentificationInitiator)]
    [InlineData("> SA Ni TSr", ExchangeType.CreateChildSa, PayloadViolation.Missing, PayloadType.TrafficSelectorInitiator)]
    [InlineData("> SA KE", ExchangeType.CreateChildSa, PayloadViolation.Missing, PayloadType.Nonce)]
    [InlineData("> SA Ni KE KE", ExchangeType.CreateChildSa, PayloadViolation.TooMany, PayloadType.KeyExchange)]
    [InlineData("> SA Ni D", ExchangeType.CreateChildSa, PayloadViolation.Unexpected, PayloadType.Delete)]
    [InlineData("> SA", ExchangeType.Informational, PayloadViolation.Unexpected, PayloadType.SecurityAssociation)]
    [InlineData("> N", ExchangeType.IkeFollowupKe, PayloadViolation.Missing, PayloadType.KeyExchange)]
    public void Composition_of_no_rfc_is_named(string message, ExchangeType exchange, PayloadViolation violation, PayloadType culprit) =>
        Assert.Equal((violation, culprit), Check(message, exchange));

    [Theory]
    [InlineData(ExchangeType.IkeAuth, false, false)]
    [InlineData(ExchangeType.CreateChildSa, true, false)]
    [InlineData(ExchangeType.Informational, false, true)] // §1.5: INVALID_SPI outside of any IKE SA
    public void Message_that_belongs_inside_sk_is_refused_in_clear(ExchangeType exchange, bool isResponse, bool accepted)
    {
        var violation = PayloadRules.Check(exchange, isResponse, PayloadPlace.Clear, List("N"), out var culprit);
        Assert.Equal(accepted ? PayloadViolation.None : PayloadViolation.Encryption, violation);
        Assert.Equal(accepted ? PayloadType.None : PayloadType.Encrypted, culprit);
    }

    [Fact]
    public void Error_in_clear_may_answer_what_belongs_inside_sk() => Assert.Equal(
        PayloadViolation.None, PayloadRules.Check(ExchangeType.IkeAuth, true, PayloadPlace.Clear, List("E"), out _));

    [Theory]
    [InlineData(PayloadType.Encrypted)]
    [InlineData(PayloadType.EncryptedFragment)]
    public void Sk_is_the_clear_part_of_an_exchange_and_never_inside_itself(PayloadType sk)
    {
        Assert.Equal(WireError.None, PayloadList.TryRead(sk, Hex.Octets("23 00 0008 00000000"), out var list));
        Assert.Equal(PayloadViolation.None, PayloadRules.Check(ExchangeType.IkeAuth, false, PayloadPlace.Clear, list!, out _));
        Assert.Equal(PayloadViolation.Encryption, PayloadRules.Check(ExchangeType.IkeAuth, false, PayloadPlace.Encrypted, list!, out var culprit));
        Assert.Equal(sk, culprit);
        Assert.Equal(PayloadViolation.Encryption, PayloadRules.Check(ExchangeType.IkeSaInit, false, PayloadPlace.Clear, list!, out _));
    }

    [Fact]
    public void Payload_beside_sk_is_refused()
    {
        Assert.Equal(WireError.None, PayloadList.TryRead(PayloadType.Delete, Hex.Octets("2e 00 0008 01 00 0000  29 00 0008 00000000"), out var list));
        Assert.Equal(PayloadViolation.Unexpected, PayloadRules.Check(ExchangeType.Informational, false, PayloadPlace.Clear, list!, out var culprit));
        Assert.Equal(PayloadType.Delete, culprit);
    }

    private static (PayloadViolation Violation, PayloadType Culprit) Check(string message, ExchangeType exchange)
    {
        var place = exchange is ExchangeType.IkeSaInit or ExchangeType.IkeSessionResume ? PayloadPlace.Clear : PayloadPlace.Encrypted;
        var violation = PayloadRules.Check(exchange, message[0] == '<', place, List(message[1..]), out var culprit);
        return (violation, culprit);
    }

    private static PayloadList List(string names)
    {
        var payloads = names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Make).ToList();
        var (first, octets) = Samples.Encode(payloads);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets, out var list));
        return list!;
    }

    private static Payload Make(string name) => name switch
    {
        "SA" => new SaPayload([new Proposal(1, ProtocolId.Ike, [], [Transform.Prf(PrfAlgorithm.HmacSha256)])]),
        "KE" => new KePayload(KeyExchangeMethod.Curve25519, new byte[32]),
        "Ni" => new NoncePayload(new byte[16]),
        "IDi" or "IDr" => new IdPayload(name == "IDi", Identification.Fqdn("a")),
        "CERT" => new CertPayload(CertificateEncoding.X509Signature, []),
        "CERTREQ" => new CertReqPayload(CertificateEncoding.X509Signature, []),
        "AUTH" => new AuthPayload(AuthenticationMethod.SharedKeyMessageIntegrityCode, []),
        "CP" => new CpPayload(ConfigurationType.Request, []),
        "EAP" => new EapPayload([3, 0, 0, 4]),
        "TSi" or "TSr" => new TsPayload(name == "TSi", [TrafficSelector.AnyIPv4]),
        "D" => DeletePayload.IkeSa(),
        "V" => new VendorIdPayload([]),
        "N" => new NotifyPayload(NotifyType.InitialContact),
        "N(COOKIE)" => new NotifyPayload(NotifyType.Cookie, [1]),
        "E" => new NotifyPayload(NotifyType.NoProposalChosen),
        "?" => new UnknownPayload((PayloadType)200, false, []),
        _ => throw new ArgumentException(name),
    };
}
