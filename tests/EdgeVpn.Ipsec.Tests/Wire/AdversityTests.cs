using System.Buffers.Binary;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>What a peer, or anyone who can send a datagram, may do to the sample messages.</summary>
public sealed class AdversityTests
{
    /// <summary>Whole messages, with header.</summary>
    public static TheoryData<string> Messages => ["IKE_SA_INIT request", "IKE_SA_INIT response", "IKE_AUTH fragment"];

    /// <summary>Chains inside SK.</summary>
    public static TheoryData<string> InnerChains => ["IKE_AUTH", "CREATE_CHILD_SA", "INFORMATIONAL"];

    [Theory]
    [MemberData(nameof(Messages))]
    [MemberData(nameof(InnerChains))]
    public void Any_one_bit_flipped_ends_in_a_value(string sample)
    {
        var target = Target.Of(sample);
        for (var bit = 0; bit < target.Octets.Length * 8; bit++)
        {
            target.Flip(bit);
            target.Try($"bit {bit}");
            target.Flip(bit);
        }

        target.AssertBothWays();
    }

    /// <summary>Every octet, and so every length, count and type: the fields need not be known here.</summary>
    [Theory]
    [MemberData(nameof(Messages))]
    [MemberData(nameof(InnerChains))]
    public void Any_octet_of_any_value_ends_in_a_value(string sample)
    {
        var target = Target.Of(sample, alsoUse: false);
        for (var at = 0; at < target.Octets.Length; at++)
        {
            var kept = target.Octets[at];
            for (var value = 0; value <= byte.MaxValue; value++)
            {
                target.Octets[at] = (byte)value;
                target.Try($"octet {at}");
            }

            target.Octets[at] = kept;
        }

        target.AssertBothWays();
    }

    [Theory]
    [MemberData(nameof(Messages))]
    [MemberData(nameof(InnerChains))]
    public void Any_two_bits_flipped_in_one_header_end_in_a_value(string sample)
    {
        var target = Target.Of(sample, alsoUse: false);
        foreach (var header in target.Headers())
        {
            var (start, end) = (header.Start.Value * 8, header.End.Value * 8);
            for (var first = start; first < end; first++)
            {
                target.Flip(first);
                for (var second = first + 1; second < end; second++)
                {
                    target.Flip(second);
                    target.Try($"bits {first} and {second}");
                    target.Flip(second);
                }

                target.Flip(first);
            }
        }

        target.AssertBothWays();
    }

    [Theory]
    [MemberData(nameof(Messages))]
    [MemberData(nameof(InnerChains))]
    public void Any_truncation_is_refused(string sample)
    {
        var target = Target.Of(sample);
        for (var length = 0; length < target.Octets.Length; length++)
        {
            var survivor = new Survivor();
            if (!target.IsMessage)
            {
                survivor.Chain(target.First, target.Octets.AsSpan(0, length), $"cut to {length}");
                Assert.Equal(0, survivor.Read);
                continue;
            }

            var cut = target.Octets[..length];
            Assert.NotEqual(WireError.None, IkeHeader.TryRead(cut, out _));
            survivor.Message(cut, $"cut to {length}");
            // And with a header that agrees.
            if (length < IkeHeader.Size) continue;
            BinaryPrimitives.WriteUInt32BigEndian(cut.AsSpan(IkeHeader.LengthOffset), (uint)length);
            survivor.Message(cut, $"cut to {length}, Length corrected");
            Assert.Equal(0, survivor.Read);
        }
    }

    /// <summary>A payload cut short whose own header agrees: the damage is in the body alone.</summary>
    [Fact]
    public void Any_truncated_body_ends_in_a_value()
    {
        var survivor = new Survivor();
        foreach (var payload in Samples.Chains.SelectMany(chain => chain))
        {
            var (type, octets) = Samples.Encode([payload]);
            for (var length = PayloadView.HeaderSize; length < octets.Length; length++)
            {
                var cut = octets[..length];
                BinaryPrimitives.WriteUInt16BigEndian(cut.AsSpan(2), (ushort)length);
                survivor.Chain(type, cut, $"{payload} cut to {length}");
            }
        }

        Assert.NotEqual(0, survivor.Read);
        Assert.NotEqual(0, survivor.Refused);
    }

    /// <summary>Every body under every type: a peer chooses both.</summary>
    [Fact]
    public void Any_body_under_any_type_ends_in_a_value()
    {
        var survivor = new Survivor();
        foreach (var payload in Samples.Chains.SelectMany(chain => chain))
        {
            var (_, octets) = Samples.Encode([payload]);
            for (var type = 0; type <= byte.MaxValue; type++) survivor.Chain((PayloadType)type, octets, $"{payload} as {type}");
        }

        Assert.NotEqual(0, survivor.Read);
        Assert.NotEqual(0, survivor.Refused);
    }

    [Fact]
    public void Octets_of_chance_end_in_a_value()
    {
        const int seed = 7296;
        var random = new Random(seed);
        var survivor = new Survivor();
        for (var run = 0; run < 20_000; run++)
        {
            var octets = new byte[random.Next(64)];
            random.NextBytes(octets);
            // Small numbers make lengths that fit and types that exist.
            for (var at = 0; at < octets.Length; at++)
            {
                if (random.Next(3) > 0) octets[at] = (byte)(octets[at] % 12);
            }

            if (octets.Length >= PayloadView.HeaderSize) BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(2), (ushort)octets.Length);
            survivor.Chain((PayloadType)random.Next(33, 55), octets, $"seed {seed}, run {run}");
        }

        Assert.NotEqual(0, survivor.Read);
        Assert.NotEqual(0, survivor.Refused);
    }

    private sealed class Target(PayloadType first, byte[] octets, bool isMessage, bool alsoUse)
    {
        private readonly Survivor _survivor = new(alsoUse);

        public byte[] Octets { get; } = octets;

        public PayloadType First { get; } = first;

        public bool IsMessage { get; } = isMessage;

        private int ChainStart => IsMessage ? IkeHeader.Size : 0;

        public static Target Of(string sample, bool alsoUse = true) => sample switch
        {
            "IKE_SA_INIT request" => Clear(Samples.RequestHeader, Samples.SaInitRequest, alsoUse),
            "IKE_SA_INIT response" => Clear(Samples.ResponseHeader, Samples.SaInitResponse, alsoUse),
            "IKE_AUTH fragment" => new(PayloadType.EncryptedFragment, Samples.Fragment(), true, alsoUse),
            "IKE_AUTH" => Inner(Samples.Auth, alsoUse),
            "CREATE_CHILD_SA" => Inner(Samples.CreateChildSa, alsoUse),
            "INFORMATIONAL" => Inner(Samples.Informational, alsoUse),
            _ => throw new ArgumentException(sample),
        };

        public void Flip(int bit) => Octets[bit / 8] ^= (byte)(0x80 >> (bit % 8));

        public void Try(string damage)
        {
            if (IsMessage) _survivor.Message(Octets, damage);
            else _survivor.Chain(First, Octets, damage);
        }

        // A reader that refused, or took, everything would pass every loop above.
        public void AssertBothWays()
        {
            Assert.NotEqual(0, _survivor.Read);
            Assert.NotEqual(0, _survivor.Refused);
        }

        /// <summary>The IKE header, each generic header with the fixed part behind it, and each header inside SA, TS and CP.</summary>
        public List<Range> Headers()
        {
            var headers = new List<Range>();
            if (IsMessage) headers.Add(0..IkeHeader.Size);
            var reader = new PayloadReader(First, Octets.AsSpan(ChainStart));
            while (reader.MoveNext())
            {
                var view = reader.Current;
                var start = ChainStart + view.Offset;
                var body = start + PayloadView.HeaderSize;
                var end = body + view.Body.Length;
                headers.Add(start..Math.Min(end, body + 4));
                switch (view.Type)
                {
                    case PayloadType.SecurityAssociation:
                        AddSubstructures(headers, body, end, 2, Proposal.HeaderSize, proposal =>
                        {
                            var transforms = proposal + Proposal.HeaderSize + Octets[proposal + 6];
                            AddSubstructures(headers, transforms, proposal + LengthAt(proposal + 2), 2, Transform.HeaderSize, _ => { });
                        });
                        break;
                    case PayloadType.TrafficSelectorInitiator or PayloadType.TrafficSelectorResponder:
                        AddSubstructures(headers, body + 4, end, 2, 4, _ => { });
                        break;
                    case PayloadType.Configuration:
                        for (var at = body + 4; at < end; at += 4 + LengthAt(at + 2)) headers.Add(at..(at + 4));
                        break;
                }
            }

            Assert.Equal(WireError.None, reader.Error);
            return headers;
        }

        private static Target Clear(in IkeHeader header, IReadOnlyList<Payload> payloads, bool alsoUse) =>
            new(payloads[0].Type, PayloadChain.WriteMessage(header, payloads), true, alsoUse);

        private static Target Inner(IReadOnlyList<Payload> payloads, bool alsoUse)
        {
            var (first, octets) = Samples.Encode(payloads);
            return new(first, octets, false, alsoUse);
        }

        private void AddSubstructures(List<Range> headers, int start, int end, int lengthOffset, int headerSize, Action<int> inside)
        {
            for (var at = start; at < end; at += LengthAt(at + lengthOffset))
            {
                headers.Add(at..(at + headerSize));
                inside(at);
            }
        }

        private int LengthAt(int offset) => BinaryPrimitives.ReadUInt16BigEndian(Octets.AsSpan(offset));
    }
}
