using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Each cause of refusal by its own error, and each bound at its edge.</summary>
public sealed class PayloadRefusalTests
{
    [Theory]
    [InlineData("", WireError.EmptyProposal)]
    [InlineData("00 00 0008  01 01 00 00", WireError.EmptyProposal)] // no transforms
    [InlineData("00 00 0007  01 01 00 01", WireError.BadLength)] // shorter than its header
    [InlineData("00 00 0011  01 01 00 01  00 00 0008 01 00 0014", WireError.Truncated)] // longer than the payload
    [InlineData("02 00 0010  01 01 00 01  00 00 0008 01 00 0014", WireError.BadSubstructureMarker)] // more to come, and nothing comes
    [InlineData("00 00 0010  01 01 00 01  03 00 0008 01 00 0014", WireError.BadSubstructureMarker)]
    [InlineData("00 00 0010  01 01 00 01  00 00 0007 01 00 0014", WireError.BadLength)]
    [InlineData("00 00 0010  01 01 00 01  00 00 0009 01 00 0014", WireError.Truncated)]
    [InlineData("00 00 0010  01 01 00 02  03 00 0008 01 00 0014", WireError.CountMismatch)] // two announced, one there
    [InlineData("00 00 0018  01 01 00 01  00 00 0008 01 00 0014  00 00 0008 01 00 0014", WireError.CountMismatch)] // one announced, two there
    [InlineData("00 00 0010  00 01 00 01  00 00 0008 01 00 0014", WireError.BadProposalNumber)] // numbers start at 1
    [InlineData("02 00 0010  01 01 00 01  00 00 0008 01 00 0014  00 00 0010  01 01 00 01  00 00 0008 01 00 0014", WireError.BadProposalNumber)]
    [InlineData("00 00 0014  01 01 04 01  c0ffee01  00 00 0008 01 00 0014", WireError.BadSpiSize)] // IKE: 0 or 8
    [InlineData("00 00 0010  01 03 00 01  00 00 0008 01 00 0014", WireError.BadSpiSize)] // ESP: 4
    [InlineData("00 00 0010  01 09 ff 01  00 00 0008 01 00 0014", WireError.Truncated)] // an SPI beyond its proposal
    [InlineData("00 00 0012  01 01 00 01  00 00 000a 01 00 0014 800e", WireError.Truncated)] // half an attribute
    [InlineData("00 00 0014  01 01 00 01  00 00 000c 01 00 0014 0012 0001", WireError.Truncated)] // TLV without its value
    public void Sa_is_refused(string hex, WireError expected) => AssertRefused(PayloadType.SecurityAssociation, hex, expected);

    [Theory]
    [InlineData(PayloadType.KeyExchange, "0013 00", WireError.Truncated)]
    [InlineData(PayloadType.IdentificationInitiator, "02 0000", WireError.Truncated)]
    [InlineData(PayloadType.IdentificationInitiator, "01 000000 c00002", WireError.BadLength)] // an IPv4 address of 3 octets
    [InlineData(PayloadType.IdentificationResponder, "05 000000 c0000201", WireError.BadLength)] // an IPv6 address of 4
    [InlineData(PayloadType.Certificate, "", WireError.Truncated)]
    [InlineData(PayloadType.CertificateRequest, "", WireError.Truncated)]
    [InlineData(PayloadType.Authentication, "02 0000", WireError.Truncated)]
    [InlineData(PayloadType.Nonce, "000102030405060708090a0b0c0d0e", WireError.BadNonceLength)]
    [InlineData(PayloadType.Notify, "00 00 40", WireError.Truncated)]
    [InlineData(PayloadType.Notify, "03 04 4009 c0ffee", WireError.Truncated)] // an SPI beyond its payload
    [InlineData(PayloadType.Delete, "03 04 00", WireError.Truncated)]
    [InlineData(PayloadType.Delete, "03 08 0001 0001020304050607", WireError.BadSpiSize)]
    [InlineData(PayloadType.Delete, "01 08 0001 0001020304050607", WireError.BadSpiSize)]
    [InlineData(PayloadType.Delete, "03 04 0002 c0ffee01", WireError.CountMismatch)]
    [InlineData(PayloadType.Delete, "03 04 0001 c0ffee01 c0ffee02", WireError.CountMismatch)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "00 0000", WireError.Truncated)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000", WireError.CountMismatch)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "00 000000 00", WireError.CountMismatch)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 07 00 0003", WireError.BadLength)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 07 00 000c 0000 ffff 00000000", WireError.BadLength)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 08 00 0010 0000 ffff 00000000 ffffffff", WireError.BadLength)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 07 00 0011 0000 ffff 00000000 ffffffff", WireError.Truncated)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 07 00 0010 0000 ffff c0000202 c0000201", WireError.BadSelectorRange)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 07 00 0010 0002 0001 c0000201 c0000202", WireError.BadSelectorRange)]
    [InlineData(PayloadType.TrafficSelectorInitiator, "01 000000 07 00 0010 ffff 0001 c0000201 c0000202", WireError.BadSelectorRange)]
    [InlineData(PayloadType.Configuration, "01 0000", WireError.Truncated)]
    [InlineData(PayloadType.Configuration, "01 000000 0001 0004 c00002", WireError.Truncated)]
    [InlineData(PayloadType.ExtensibleAuthentication, "03 2a 00", WireError.Truncated)]
    [InlineData(PayloadType.ExtensibleAuthentication, "03 2a 0005", WireError.BadLength)]
    public void Payload_is_refused(PayloadType type, string hex, WireError expected) => AssertRefused(type, hex, expected);

    [Theory]
    [InlineData("00 00 0007 000100")] // half a number
    [InlineData("00 00 0008 0000 0001")] // fragments count from 1
    [InlineData("00 00 0008 0000 0000")]
    [InlineData("00 00 0008 0003 0002")] // the third of two
    [InlineData("23 00 0008 0002 0002")] // only the first names what is inside
    public void Fragment_is_refused(string hex)
    {
        var reader = new PayloadReader(PayloadType.EncryptedFragment, Hex.Octets(hex));
        Assert.True(reader.MoveNext());
        Assert.NotEqual(WireError.None, EncryptedFragmentView.TryRead(reader.Current, out _));
    }

    [Fact]
    public void Nonce_is_sixteen_to_two_hundred_and_fifty_six_octets()
    {
        Assert.Equal(WireError.BadNonceLength, NoncePayload.TryRead(new byte[15], out _));
        Assert.Equal(WireError.None, NoncePayload.TryRead(new byte[16], out _));
        Assert.Equal(WireError.None, NoncePayload.TryRead(new byte[256], out _));
        Assert.Equal(WireError.BadNonceLength, NoncePayload.TryRead(new byte[257], out _));
    }

    [Fact]
    public void Spis_of_a_delete_are_bounded()
    {
        AssertBound(count => DeletePayload.ChildSas(ProtocolId.Esp, new uint[count]), DeletePayload.MaxSpis, WireError.TooManySpis);
        // SPIs without octets cost nothing on the wire; their count must cost nothing here.
        Assert.Equal(WireError.None, DeletePayload.TryRead(Hex.Octets("01 00 ffff"), out var delete));
        Assert.Equal(DeletePayload.IkeSa(), delete);
    }

    [Fact]
    public void Configuration_attributes_are_bounded() => AssertBound(
        count => new CpPayload(ConfigurationType.Request, [.. Enumerable.Repeat(new ConfigurationAttribute(1, []), count)]),
        CpPayload.MaxAttributes,
        WireError.TooManyAttributes);

    [Fact]
    public void Transform_attributes_are_bounded() => AssertBound(
        count => new SaPayload([new Proposal(1, ProtocolId.Ike, [],
        [
            new Transform(TransformType.EncryptionAlgorithm, 12)
            {
                UnknownAttributes = [.. Enumerable.Repeat(new TransformAttribute((TransformAttributeType)9, false, []), count)],
            },
        ])]),
        Transform.MaxAttributes,
        WireError.TooManyAttributes);

    [Fact]
    public void Transforms_and_proposals_and_selectors_fill_their_octet_and_no_more()
    {
        ImmutableArray<Transform> transforms = [.. Enumerable.Repeat(Transform.Prf(PrfAlgorithm.HmacSha256), Proposal.MaxTransforms)];
        AssertReads(new SaPayload([new Proposal(1, ProtocolId.Ike, [], transforms)]));
        Assert.Throws<OverflowException>(() => Samples.Encode([new SaPayload([new Proposal(1, ProtocolId.Ike, [], transforms.Add(transforms[0]))])]));

        AssertReads(new SaPayload([.. Enumerable.Range(1, SaPayload.MaxProposals).Select(number =>
            new Proposal((byte)number, ProtocolId.Ike, [], [Transform.Prf(PrfAlgorithm.HmacSha256)]))]));

        ImmutableArray<TrafficSelector> selectors = [.. Enumerable.Repeat(TrafficSelector.AnyIPv4, TsPayload.MaxSelectors)];
        AssertReads(new TsPayload(true, selectors));
        Assert.Throws<OverflowException>(() => Samples.Encode([new TsPayload(true, selectors.Add(TrafficSelector.AnyIPv4))]));
    }

    /// <summary>§3.3.6: what is not KEY_LENGTH, once, in TV form, spoils its transform and nothing else.</summary>
    [Theory]
    [InlineData("800e 0100", 256, 0)]
    [InlineData("", 0, 0)]
    [InlineData("800f 0100", 0, 1)] // an unknown type
    [InlineData("000e 0002 0100", 0, 1)] // KEY_LENGTH as TLV
    [InlineData("800e 0100 800e 0080", 256, 1)] // KEY_LENGTH twice
    [InlineData("800e 0000", 0, 1)] // of zero bits, which would read as absent
    public void Attribute_that_is_not_one_key_length_marks_its_transform(string attributes, int keyLength, int unknown)
    {
        var octets = Hex.Octets(attributes);
        byte[] body =
        [
            0, 0, 0, (byte)(24 + octets.Length), 1, 1, 0, 2,
            3, 0, 0, (byte)(8 + octets.Length), 1, 0, 0, 12, .. octets,
            0, 0, 0, 8, 2, 0, 0, 5,
        ];
        Assert.Equal(WireError.None, SaPayload.TryRead(body, out var sa));
        var transforms = sa!.Proposals[0].Transforms;
        Assert.Equal(keyLength, transforms[0].KeyLength);
        Assert.Equal(unknown > 0, transforms[0].HasUnknownAttribute);
        Assert.Equal(unknown, transforms[0].HasUnknownAttribute ? transforms[0].UnknownAttributes.Length : 0);
        Assert.Equal(Transform.Prf(PrfAlgorithm.HmacSha256), transforms[1]);
        AssertReads(sa);
    }

    [Fact]
    public void Transform_of_an_unknown_type_marks_its_proposal()
    {
        var known = new Proposal(1, ProtocolId.Ike, [], [Transform.Prf(PrfAlgorithm.HmacSha256), Transform.AdditionalKeyExchange(7, KeyExchangeMethod.MlKem768)]);
        Assert.False(known.HasUnknownTransformType);
        Assert.True((known with { Transforms = known.Transforms.Add(new Transform((TransformType)13, 1)) }).HasUnknownTransformType);
        Assert.True((known with { Transforms = known.Transforms.Add(new Transform(0, 1)) }).HasUnknownTransformType);
        Assert.Equal([Transform.Prf(PrfAlgorithm.HmacSha256)], known.Of(TransformType.PseudorandomFunction));
    }

    private static void AssertRefused(PayloadType type, string hex, WireError expected)
    {
        var body = Hex.Octets(hex);
        byte[] octets = [0, 0, 0, (byte)(body.Length + 4), .. body];
        Assert.Equal(expected, PayloadList.TryRead(type, octets, out var list, out var culprit));
        Assert.Null(list);
        Assert.Equal(type, culprit);
    }

    private static void AssertBound(Func<int, Payload> make, int bound, WireError beyond)
    {
        AssertReads(make(bound));
        var (first, octets) = Samples.Encode([make(bound + 1)]);
        Assert.Equal(beyond, PayloadList.TryRead(first, octets, out _));
    }

    private static void AssertReads(Payload payload)
    {
        var (first, octets) = Samples.Encode([payload]);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets, out var list));
        Assert.Equal(payload, Assert.Single(list!));
    }
}
