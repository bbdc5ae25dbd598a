using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Messages and inner chains that together hold every payload and every substructure.</summary>
internal static class Samples
{
    public static readonly IkeHeader RequestHeader =
        new(0x0001020304050607, 0, PayloadType.None, IkeHeader.Version2, ExchangeType.IkeSaInit, IkeHeaderFlags.Initiator, 0, 0);

    public static readonly IkeHeader ResponseHeader = RequestHeader with { ResponderSpi = 0x08090a0b0c0d0e0f, Flags = IkeHeaderFlags.Response };

    public static ImmutableArray<Payload> SaInitRequest { get; } =
    [
        new SaPayload(
        [
            new Proposal(1, ProtocolId.Ike, [],
            [
                Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128),
                Transform.Prf(PrfAlgorithm.HmacSha384), Transform.KeyExchange(KeyExchangeMethod.Ecp384),
                Transform.AdditionalKeyExchange(1, KeyExchangeMethod.MlKem768),
            ]),
            new Proposal(2, ProtocolId.Ike, [],
            [
                Transform.Encryption(EncryptionAlgorithm.TripleDes), Transform.Integrity(IntegrityAlgorithm.HmacSha1_96),
                Transform.Prf(PrfAlgorithm.HmacSha1), Transform.KeyExchange(KeyExchangeMethod.Modp1024),
                new Transform((TransformType)200, 7),
                Transform.Encryption(EncryptionAlgorithm.AesCbc, 256) with
                {
                    UnknownAttributes =
                    [
                        new TransformAttribute((TransformAttributeType)15, true, [1, 2]),
                        new TransformAttribute((TransformAttributeType)16, false, [3, 4, 5]),
                    ],
                },
            ]),
        ]),
        new KePayload(KeyExchangeMethod.Ecp384, Hex.Counting(24)),
        new NoncePayload(Hex.Counting(32, 100)),
        new NotifyPayload(NotifyType.NatDetectionSourceIp, Hex.Counting(20)),
        new NotifyPayload(NotifyType.NatDetectionDestinationIp, Hex.Counting(20, 20)),
        new NotifyPayload(NotifyType.Ikev2FragmentationSupported),
        new NotifyPayload(NotifyType.SignatureHashAlgorithms, Hex.Octets("0002 0003 0004")),
        new VendorIdPayload(Hex.Counting(16)),
    ];

    public static ImmutableArray<Payload> SaInitResponse { get; } =
    [
        new SaPayload([new Proposal(2, ProtocolId.Ike, [],
        [
            Transform.Encryption(EncryptionAlgorithm.AesCbc, 256), Transform.Integrity(IntegrityAlgorithm.HmacSha256_128),
            Transform.Prf(PrfAlgorithm.HmacSha256), Transform.KeyExchange(KeyExchangeMethod.Curve25519),
        ])]),
        new KePayload(KeyExchangeMethod.Curve25519, Hex.Counting(32)),
        new NoncePayload(Hex.Counting(16)),
        new CertReqPayload(CertificateEncoding.X509Signature, Hex.Counting(40)),
        new NotifyPayload(NotifyType.ChildlessIkev2Supported),
    ];

    /// <summary>One of each: more than any real IKE_AUTH holds.</summary>
    public static ImmutableArray<Payload> Auth { get; } =
    [
        new IdPayload(true, Identification.Parse("branch.example")),
        new CertPayload(CertificateEncoding.X509Signature, Hex.Counting(21)),
        new CertReqPayload(CertificateEncoding.X509Signature, Hex.Counting(20)),
        new IdPayload(false, Identification.Parse("2001:db8::1")),
        new AuthPayload(AuthenticationMethod.SharedKeyMessageIntegrityCode, Hex.Counting(32)),
        new CpPayload(ConfigurationType.Request,
        [
            new ConfigurationAttribute(ConfigurationAttributeType.InternalIp4Address, []),
            new ConfigurationAttribute(ConfigurationAttributeType.InternalIp4Dns, [192, 0, 2, 53]),
        ]),
        new SaPayload([new Proposal(1, ProtocolId.Esp, Hex.Octets("c0ffee01"),
            [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Esn(EsnTransform.None), Transform.Esn(EsnTransform.Extended)])]),
        new TsPayload(true,
        [
            new TrafficSelector(17, 500, 500, IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.9")),
            TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6,
        ]) { Skipped = [new UnknownSelector(TrafficSelectorType.SecurityLabel, 0, [1, 2, 3])] },
        new TsPayload(false, [TrafficSelector.AnyIPv6, new TrafficSelector(6, 65535, 0, new IpAddress(1, false), new IpAddress(2, false))]),
        new EapPayload(Hex.Octets("01 2a 0005 01")),
        new NotifyPayload(NotifyType.InitialContact),
        new UnknownPayload(PayloadType.GenericSecurePasswordMethod, false, [1, 2, 3, 4]),
        new VendorIdPayload([]),
    ];

    public static ImmutableArray<Payload> CreateChildSa { get; } =
    [
        NotifyPayload.AboutChildSa(ProtocolId.Esp, 0xc0ffee01, NotifyType.RekeySa),
        new SaPayload(
        [
            new Proposal(1, ProtocolId.Esp, Hex.Octets("c0ffee02"),
            [
                Transform.Encryption(EncryptionAlgorithm.AesCbc, 256), Transform.Encryption(EncryptionAlgorithm.AesCbc, 128),
                Transform.Integrity(IntegrityAlgorithm.HmacSha1_96), Transform.KeyExchange(KeyExchangeMethod.Modp2048),
                Transform.Esn(EsnTransform.None),
            ]),
            new Proposal(2, ProtocolId.Ike, Hex.Counting(8), [Transform.Prf(PrfAlgorithm.HmacSha512)]),
            new Proposal(3, ProtocolId.Ah, Hex.Octets("c0ffee03"), [Transform.Integrity(IntegrityAlgorithm.HmacSha384_192)]),
        ]),
        new NoncePayload(Hex.Counting(20)),
        new KePayload(KeyExchangeMethod.Modp2048, Hex.Counting(30)),
        new TsPayload(true, [TrafficSelector.Prefix(IpAddress.Parse("10.10.0.0"), 24)]),
        new TsPayload(false, [TrafficSelector.Prefix(IpAddress.Parse("10.20.0.0"), 24)]),
        new NotifyPayload(NotifyType.EspTfcPaddingNotSupported),
    ];

    public static ImmutableArray<Payload> Informational { get; } =
    [
        DeletePayload.ChildSas(ProtocolId.Esp, 0xc0ffee01, 0xc0ffee02, 0xc0ffee03),
        DeletePayload.ChildSas(ProtocolId.Ah, 0xc0ffee04),
        DeletePayload.IkeSa(),
        new DeletePayload((ProtocolId)9, [[1, 2], [3, 4]]),
        new NotifyPayload(NotifyType.Cookie2, Hex.Counting(8)),
    ];

    public static ImmutableArray<ImmutableArray<Payload>> Chains { get; } = [SaInitRequest, SaInitResponse, Auth, CreateChildSa, Informational];

    public static (PayloadType First, byte[] Octets) Encode(IReadOnlyList<Payload> payloads)
    {
        var octets = new byte[PayloadChain.Measure(payloads)];
        Assert.Equal(octets.Length, PayloadChain.Write(payloads, octets, out var first));
        return (first, octets);
    }
}
