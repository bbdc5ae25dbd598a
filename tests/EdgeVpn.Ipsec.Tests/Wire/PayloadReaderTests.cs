using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Chains of generic headers, RFC 7296 §3.2 and §2.5.</summary>
public sealed class PayloadReaderTests
{
    [Fact]
    public void Chain_is_walked_by_the_type_each_header_names_for_the_next()
    {
        var octets = Hex.Octets("""
            2b 00 0008 0000 4000   # N(INITIAL_CONTACT), then V
            00 80 0006 aabb        # V, critical
            """);
        var reader = new PayloadReader(PayloadType.Notify, octets);

        Assert.True(reader.MoveNext());
        Assert.Equal((PayloadType.Notify, PayloadType.VendorId, false, 0),
            (reader.Current.Type, reader.Current.Next, reader.Current.IsCritical, reader.Current.Offset));
        Assert.Equal(Hex.Octets("0000 4000"), reader.Current.Body);

        Assert.True(reader.MoveNext());
        Assert.Equal((PayloadType.VendorId, PayloadType.None, true, 8),
            (reader.Current.Type, reader.Current.Next, reader.Current.IsCritical, reader.Current.Offset));
        Assert.Equal(Hex.Octets("aabb"), reader.Current.Body);

        Assert.False(reader.MoveNext());
        Assert.False(reader.MoveNext());
        Assert.Equal(WireError.None, reader.Error);
    }

    [Theory]
    [InlineData("", WireError.Truncated)]
    [InlineData("00 00 00", WireError.Truncated)]
    [InlineData("00 00 0005", WireError.Truncated)]
    [InlineData("00 00 0000", WireError.BadLength)]
    [InlineData("00 00 0003", WireError.BadLength)]
    [InlineData("00 00 ffff aabb", WireError.Truncated)]
    [InlineData("00 00 0004 aabb", WireError.TrailingOctets)]
    [InlineData("2b 00 0004", WireError.Truncated)]
    public void Chain_that_does_not_fill_its_octets_is_refused(string hex, WireError expected)
    {
        var reader = new PayloadReader(PayloadType.VendorId, Hex.Octets(hex));
        while (reader.MoveNext())
        {
        }

        Assert.Equal(expected, reader.Error);
        Assert.False(reader.MoveNext());
    }

    [Theory]
    [InlineData(PayloadType.Encrypted)]
    [InlineData(PayloadType.EncryptedFragment)]
    public void Encrypted_payload_ends_the_chain_although_it_names_a_next_one(PayloadType type)
    {
        var octets = Hex.Octets("23 00 000c 0001 0001 00000000");
        var reader = new PayloadReader(type, octets);
        Assert.True(reader.MoveNext());
        Assert.Equal(PayloadType.IdentificationInitiator, reader.Current.Next);
        Assert.False(reader.MoveNext());
        Assert.Equal(WireError.None, reader.Error);

        Assert.Equal(WireError.None, PayloadList.TryRead(type, octets, out var list));
        Assert.Empty(list!);
        Assert.Equal(type, list!.EncryptedPayload);
    }

    [Fact]
    public void Octets_behind_an_encrypted_payload_are_refused()
    {
        var octets = Hex.Octets("2b 00 0006 aabb   00 00 0004");
        Assert.Equal(WireError.TrailingOctets, PayloadList.TryRead(PayloadType.Encrypted, octets, out _));
    }

    [Fact]
    public void Payloads_are_bounded()
    {
        var payloads = Enumerable.Repeat<Payload>(new VendorIdPayload([]), PayloadReader.MaxPayloads).ToList();
        var (first, octets) = Samples.Encode(payloads);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets, out var list));
        Assert.Equal(PayloadReader.MaxPayloads, list!.Count);

        payloads.Add(new VendorIdPayload([]));
        (first, octets) = Samples.Encode(payloads);
        Assert.Equal(WireError.TooManyPayloads, PayloadList.TryRead(first, octets, out _));
    }

    [Fact]
    public void Unknown_payload_is_kept_and_reported_only_if_it_is_critical()
    {
        var octets = Hex.Octets("""
            c8 00 0005 01   # 199, may be skipped
            c9 80 0005 02   # 200, critical
            00 80 0005 03   # 201, critical
            """);
        Assert.Equal(WireError.None, PayloadList.TryRead((PayloadType)199, octets, out var list));
        Assert.Equal((PayloadType)200, list!.UnsupportedCritical);
        Assert.Equal(new UnknownPayload((PayloadType)199, false, [1]), list[0]);
        Assert.Equal(new UnknownPayload((PayloadType)201, true, [3]), list[2]);

        Assert.Equal(WireError.None, PayloadList.TryRead((PayloadType)199, Hex.Octets("00 7f 0005 01"), out list));
        Assert.Null(list!.UnsupportedCritical);
    }

    [Fact]
    public void Critical_bit_of_a_known_payload_means_nothing()
    {
        Assert.Equal(WireError.None, PayloadList.TryRead(PayloadType.VendorId, Hex.Octets("00 80 0005 01"), out var list));
        Assert.Null(list!.UnsupportedCritical);
        Assert.Equal(new VendorIdPayload([1]), Assert.Single(list));
    }

    [Fact]
    public void Refused_chain_names_the_payload_that_is_wrong()
    {
        var octets = Hex.Octets("28 00 0005 01   00 00 0005 02");
        Assert.Equal(WireError.BadNonceLength, PayloadList.TryRead(PayloadType.VendorId, octets, out var list, out var culprit));
        Assert.Equal(PayloadType.Nonce, culprit);
        Assert.Null(list);
    }

    [Fact]
    public void Walking_a_message_allocates_nothing()
    {
        var message = PayloadChain.WriteMessage(Samples.RequestHeader, Samples.SaInitRequest);
        var fragment = Samples.Fragment();
        Assert.Equal(8, Walk(message));
        Assert.Equal(41, Walk(fragment)); // one payload and the 40 octets of its content

        var before = GC.GetAllocatedBytesForCurrentThread();
        Walk(message);
        Walk(fragment);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int Walk(byte[] message)
    {
        var seen = 0;
        if (IkeHeader.TryRead(message, out var header) != WireError.None) return -1;
        var reader = new PayloadReader(header.NextPayload, message.AsSpan(IkeHeader.Size));
        while (reader.MoveNext())
        {
            seen++;
            if (reader.Current.Type == PayloadType.EncryptedFragment
                && EncryptedFragmentView.TryRead(reader.Current, out var fragment) == WireError.None)
                seen += fragment.Content.Length;
        }

        return seen;
    }
}
