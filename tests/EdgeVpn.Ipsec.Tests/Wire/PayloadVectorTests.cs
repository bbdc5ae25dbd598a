using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Each payload as RFC 7296 draws it, typed by hand: the octets read as the value, and the value writes the octets.</summary>
public sealed class PayloadVectorTests
{
    [Fact]
    public void Sa_of_two_proposals_section_3_3() => Check(
        """
        02 00 002c  01 01 00 04               # 1: IKE, no SPI, 4 transforms
          03 00 000c  01 00 000c  800e 0100   #   ENCR_AES_CBC, 256
          03 00 0008  03 00 000c              #   AUTH_HMAC_SHA2_256_128
          03 00 0008  02 00 0005              #   PRF_HMAC_SHA2_256
          00 00 0008  04 00 000e              #   2048-bit MODP
        00 00 0014  02 01 00 01               # 2: IKE, no SPI, 1 transform
          00 00 000c  01 00 0014  800e 0080   #   AES-GCM with 16 octets of ICV, 128
        """,
        new SaPayload(
        [
            new Proposal(1, ProtocolId.Ike, [],
            [
                Transform.Encryption(EncryptionAlgorithm.AesCbc, 256), Transform.Integrity(IntegrityAlgorithm.HmacSha256_128),
                Transform.Prf(PrfAlgorithm.HmacSha256), Transform.KeyExchange(KeyExchangeMethod.Modp2048),
            ]),
            new Proposal(2, ProtocolId.Ike, [], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128)]),
        ]));

    [Fact]
    public void Sa_answer_for_esp_section_3_3() => Check(
        """
        00 00 0020  05 03 04 02  c0ffee01     # the fifth proposal: ESP, SPI, 2 transforms
          03 00 000c  01 00 0014  800e 0100   #   AES-GCM with 16 octets of ICV, 256
          00 00 0008  05 00 0000              #   No Extended Sequence Numbers
        """,
        new SaPayload([new Proposal(5, ProtocolId.Esp, Hex.Octets("c0ffee01"),
            [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Esn(EsnTransform.None)])]));

    [Fact]
    public void Sa_with_attributes_that_nobody_knows_section_3_3_5() => Check(
        """
        00 00 0027  01 01 00 02
          03 00 0017  01 00 000c  800e 0100  8011 abcd  0012 0003 010203   # KEY_LENGTH, TV of type 17, TLV of type 18
          00 00 0008  f1 00 0007                                           # a transform type without a name
        """,
        new SaPayload([new Proposal(1, ProtocolId.Ike, [],
        [
            Transform.Encryption(EncryptionAlgorithm.AesCbc, 256) with
            {
                UnknownAttributes =
                [
                    new TransformAttribute((TransformAttributeType)17, true, [0xab, 0xcd]),
                    new TransformAttribute((TransformAttributeType)18, false, [1, 2, 3]),
                ],
            },
            new Transform((TransformType)0xf1, 7),
        ])]));

    [Fact]
    public void Ke_section_3_4() => Check("001f 0000 a1a2a3a4", new KePayload(KeyExchangeMethod.Curve25519, Hex.Octets("a1a2a3a4")));

    [Fact]
    public void Id_of_an_address_section_3_5() =>
        Check("01 000000 c0000201", new IdPayload(true, Identification.Address(IpAddress.Parse("192.0.2.1"))));

    [Fact]
    public void Id_of_an_ipv6_address_section_3_5() => Check(
        "05 000000 20010db8000000000000000000000001", new IdPayload(false, Identification.Address(IpAddress.Parse("2001:db8::1"))));

    [Fact]
    public void Id_of_a_name_section_3_5() =>
        Check("02 000000 6578616d706c652e636f6d", new IdPayload(true, Identification.Fqdn("example.com")));

    [Fact]
    public void Id_of_a_mailbox_section_3_5() =>
        Check("03 000000 6a73406578616d706c652e636f6d", new IdPayload(false, Identification.Email("js@example.com")));

    [Fact]
    public void Id_of_a_key_section_3_5() => Check("0b 000000 00ff", new IdPayload(true, Identification.KeyId([0x00, 0xff])));

    [Fact]
    public void Id_of_nobody_rfc_7619_section_2_1() => Check("0d 000000", new IdPayload(true, new Identification(IdentificationType.Null, [])));

    [Fact]
    public void Cert_section_3_6() => Check("04 3082", new CertPayload(CertificateEncoding.X509Signature, [0x30, 0x82]));

    [Fact]
    public void Certreq_of_two_authorities_section_3_7()
    {
        var request = new CertReqPayload(CertificateEncoding.X509Signature, Hex.Counting(40));
        Check("04 000102030405060708090a0b0c0d0e0f10111213 1415161718191a1b1c1d1e1f2021222324252627", request);
        Assert.True(request.Names(Hex.Counting(20)));
        Assert.True(request.Names(Hex.Counting(20, 20)));
        Assert.False(request.Names(Hex.Counting(20, 1)));
        Assert.False(request.Names([]));
    }

    [Fact]
    public void Auth_section_3_8() => Check("02 000000 a1a2", new AuthPayload(AuthenticationMethod.SharedKeyMessageIntegrityCode, [0xa1, 0xa2]));

    [Fact]
    public void Nonce_section_3_9() => Check("000102030405060708090a0b0c0d0e0f", new NoncePayload(Hex.Counting(16)));

    [Fact]
    public void Notify_of_a_status_section_3_10() => Check("00 00 4006 a1a2", new NotifyPayload(NotifyType.Cookie, [0xa1, 0xa2]));

    [Fact]
    public void Notify_about_a_child_sa_section_3_10()
    {
        Check("03 04 4009 c0ffee01", NotifyPayload.AboutChildSa(ProtocolId.Esp, 0xc0ffee01, NotifyType.RekeySa));
        Assert.Equal(0xc0ffee01u, NotifyPayload.AboutChildSa(ProtocolId.Esp, 0xc0ffee01, NotifyType.RekeySa).ChildSaSpi);
        Assert.Null(new NotifyPayload(ProtocolId.Esp, [1, 2, 3], NotifyType.RekeySa, []).ChildSaSpi);
    }

    [Fact]
    public void Notify_of_a_type_without_a_name_section_3_10_1()
    {
        Check("00 00 1fff", new NotifyPayload((NotifyType)0x1fff));
        Assert.True(new NotifyPayload((NotifyType)0x3fff).IsError);
        Assert.False(new NotifyPayload((NotifyType)0x4000).IsError);
    }

    [Fact]
    public void Delete_of_child_sas_section_3_11()
    {
        var delete = DeletePayload.ChildSas(ProtocolId.Esp, 0xc0ffee01, 0xc0ffee02);
        Check("03 04 0002 c0ffee01 c0ffee02", delete);
        Assert.Equal([0xc0ffee01u, 0xc0ffee02u], delete.ChildSaSpis);
    }

    [Fact]
    public void Delete_of_the_ike_sa_section_3_11()
    {
        Check("01 00 0000", DeletePayload.IkeSa());
        Assert.Empty(DeletePayload.IkeSa().ChildSaSpis);
    }

    [Fact]
    public void Vendor_id_section_3_12() => Check("4f45", new VendorIdPayload([0x4f, 0x45]));

    [Fact]
    public void Ts_of_both_families_section_3_13() => Check(
        """
        02 000000
        07 11 0010  01f4 01f4  c0000201 c0000209   # UDP 500, 192.0.2.1 to 192.0.2.9
        08 00 0028  0000 ffff  20010db8000000000000000000000000 20010db8ffffffffffffffffffffffff
        """,
        new TsPayload(true,
        [
            new TrafficSelector(17, 500, 500, IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.9")),
            TrafficSelector.Prefix(IpAddress.Parse("2001:db8::"), 32),
        ]));

    [Fact]
    public void Ts_of_opaque_ports_section_3_13_1() => Check(
        "01 000000   07 01 0010  ffff 0000  00000000 ffffffff",
        new TsPayload(false, [TrafficSelector.AnyIPv4 with { IpProtocol = 1, StartPort = 65535, EndPort = 0 }]));

    [Fact]
    public void Ts_with_a_security_label_rfc_9478_section_2()
    {
        var selectors = new TsPayload(true, [TrafficSelector.AnyIPv4])
        {
            Skipped = [new UnknownSelector(TrafficSelectorType.SecurityLabel, 0, [0xa1, 0xa2])],
        };
        Check("02 000000   07 00 0010  0000 ffff  00000000 ffffffff   0a 00 0006 a1a2", selectors);
        Assert.Equal(1, selectors.SkippedCount);
        Assert.Equal(0, new TsPayload(true, [TrafficSelector.AnyIPv4]).SkippedCount);
    }

    [Fact]
    public void Sk_and_skf_headers_section_3_14_and_rfc_7383_section_2_5()
    {
        var octets = new byte[12];
        PayloadChain.WriteEncryptedHeader(octets, PayloadType.Notify, 8);
        EncryptedFragmentView.WriteHeader(octets.AsSpan(PayloadView.HeaderSize), 1, 3);
        Assert.Equal(Hex.Octets("29 00 000c  0001 0003  00000000"), octets);

        var reader = new PayloadReader(PayloadType.EncryptedFragment, octets);
        Assert.True(reader.MoveNext());
        Assert.Equal(WireError.None, EncryptedFragmentView.TryRead(reader.Current, out var fragment));
        Assert.Equal((1, 3, PayloadType.Notify, 4),
            (fragment.FragmentNumber, fragment.TotalFragments, fragment.FirstPayload, fragment.Content.Length));
    }

    [Fact]
    public void Cp_section_3_15() => Check(
        """
        01 000000
        0001 0000                       # any INTERNAL_IP4_ADDRESS
        000d 0008 c0000200 ffffff00     # INTERNAL_IP4_SUBNET 192.0.2.0/24
        7ffe 0001 aa                    # an attribute without a name
        """,
        new CpPayload(ConfigurationType.Request,
        [
            new ConfigurationAttribute(ConfigurationAttributeType.InternalIp4Address, []),
            new ConfigurationAttribute(ConfigurationAttributeType.InternalIp4Subnet, Hex.Octets("c0000200 ffffff00")),
            new ConfigurationAttribute(0x7ffe, [0xaa]),
        ]));

    [Fact]
    public void Eap_section_3_16() => Check("01 2a 0006 01 78", new EapPayload([1, 0x2a, 0, 6, 1, (byte)'x']));

    [Fact]
    public void Ike_sa_init_request_section_1_2()
    {
        var message = Hex.Octets("""
            a1a2a3a4a5a6a7a8 0000000000000000   # SPIs
            21 20 22 08                         # SA, version 2.0, IKE_SA_INIT, flag Initiator
            00000000 00000088                   # Message ID, Length
            22 00 0028                          # SA, KE is next
              00 00 0024  01 01 00 03
                03 00 000c  01 00 0014  800e 0080
                03 00 0008  02 00 0005
                00 00 0008  04 00 001f
            28 00 0028                          # KE, Ni is next
              001f 0000
              0000000000000000000000000000000000000000000000000000000000000009
            29 00 0014                          # Ni, N is next
              000102030405060708090a0b0c0d0e0f
            00 00 0008                          # N
              00 00 402e
            """);
        Payload[] payloads =
        [
            new SaPayload([new Proposal(1, ProtocolId.Ike, [],
            [
                Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128), Transform.Prf(PrfAlgorithm.HmacSha256),
                Transform.KeyExchange(KeyExchangeMethod.Curve25519),
            ])]),
            new KePayload(KeyExchangeMethod.Curve25519, [.. new byte[31], 9]),
            new NoncePayload(Hex.Counting(16)),
            new NotifyPayload(NotifyType.Ikev2FragmentationSupported),
        ];

        Assert.Equal(WireError.None, IkeHeader.TryRead(message, out var header));
        Assert.Equal(ExchangeType.IkeSaInit, header.Exchange);
        Assert.Equal(WireError.None, PayloadList.TryRead(header.NextPayload, message.AsSpan(IkeHeader.Size), out var list));
        Assert.Equal(payloads, list!);
        Assert.Equal(PayloadViolation.None, PayloadRules.Check(header.Exchange, false, PayloadPlace.Clear, list!, out _));
        Assert.Equal(message, PayloadChain.WriteMessage(header with { Length = 0, NextPayload = PayloadType.None }, payloads));
    }

    [Fact]
    public void Informational_delete_and_its_answer_section_1_4_1()
    {
        Assert.Equal(WireError.None, PayloadList.TryRead(PayloadType.Delete, Hex.Octets("00 00 000c  03 04 0001 c0ffee01"), out var list));
        Assert.Equal([0xc0ffee01u], list!.Find<DeletePayload>()!.ChildSaSpis);
        Assert.Equal(WireError.None, PayloadList.TryRead(PayloadType.None, [], out list));
        Assert.Empty(list!);
    }

    /// <summary>RESERVED is ignored on receipt (§2.5): all of its bits set, every payload reads as the same value.</summary>
    [Theory]
    [InlineData(PayloadType.SecurityAssociation, "00 00 0014 01 01 00 01  00 00 000c 01 00 0014 800e 0080", "00 ff 0014 01 01 00 01  00 ff 000c 01 ff 0014 800e 0080")]
    [InlineData(PayloadType.KeyExchange, "0013 0000 01", "0013 ffff 01")]
    [InlineData(PayloadType.IdentificationInitiator, "02 000000 61", "02 ffffff 61")]
    [InlineData(PayloadType.Authentication, "02 000000 61", "02 ffffff 61")]
    [InlineData(PayloadType.TrafficSelectorResponder, "00 000000", "00 ffffff")]
    [InlineData(PayloadType.Configuration, "01 000000 0001 0000", "01 ffffff 8001 0000")]
    public void Reserved_bits_are_ignored(PayloadType type, string clean, string dirty)
    {
        Assert.Equal(WireError.None, TryReadBody(type, Hex.Octets(clean), out var expected));
        Assert.Equal(WireError.None, TryReadBody(type, Hex.Octets(dirty), out var read));
        Assert.Equal(expected, read);
    }

    private static void Check(string hex, Payload value)
    {
        var body = Hex.Octets(hex);
        Assert.Equal(WireError.None, TryReadBody(value.Type, body, out var read));
        Assert.Equal(value, read);
        var written = new byte[value.BodyLength];
        var writer = new WireWriter(written);
        value.WriteBody(ref writer);
        Assert.Equal(body, written);
        Assert.Equal(body.Length, writer.Position);
        Assert.NotEqual("", value.ToString());
    }

    private static WireError TryReadBody(PayloadType type, byte[] body, out Payload? value)
    {
        byte[] octets = [0, 0, (byte)((body.Length + 4) >> 8), (byte)(body.Length + 4), .. body];
        var error = PayloadList.TryRead(type, octets, out var list);
        value = list?[0];
        return error;
    }
}
