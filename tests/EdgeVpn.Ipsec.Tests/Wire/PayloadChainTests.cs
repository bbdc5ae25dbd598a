using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

public sealed class PayloadChainTests
{
    [Fact]
    public void Every_sample_reads_back_as_it_was_written()
    {
        foreach (var payloads in Samples.Chains)
        {
            var (first, octets) = Samples.Encode(payloads);
            Assert.Equal(WireError.None, PayloadList.TryRead(first, octets, out var list, out var culprit));
            Assert.Equal(PayloadType.None, culprit);
            Assert.Equal(payloads, list!);
        }
    }

    [Fact]
    public void The_samples_hold_every_payload_that_is_understood()
    {
        var held = Samples.Chains.SelectMany(chain => chain).Select(payload => payload.Type).ToHashSet();
        var understood = Enum.GetValues<PayloadType>().Where(type => type.IsUnderstood() && !type.EndsChain());
        Assert.Empty(understood.Except(held));
    }

    [Fact]
    public void Message_gets_its_length_and_first_payload_from_what_it_holds()
    {
        var message = PayloadChain.WriteMessage(Samples.RequestHeader, Samples.SaInitRequest);
        Assert.Equal(WireError.None, IkeHeader.TryRead(message, out var header));
        Assert.Equal(Samples.RequestHeader with { NextPayload = PayloadType.SecurityAssociation, Length = (uint)message.Length }, header);
        Assert.Equal(WireError.None, PayloadList.TryRead(header.NextPayload, message.AsSpan(IkeHeader.Size), out var list));
        Assert.Equal(Samples.SaInitRequest, list!);
    }

    [Fact]
    public void Message_without_payloads_is_a_bare_header()
    {
        var message = PayloadChain.WriteMessage(Samples.RequestHeader, []);
        Assert.Equal(IkeHeader.Size, message.Length);
        Assert.Equal(WireError.None, IkeHeader.TryRead(message, out var header));
        Assert.Equal(PayloadType.None, header.NextPayload);
        Assert.Equal(WireError.None, PayloadList.TryRead(header.NextPayload, [], out var list));
        Assert.Empty(list!);
    }

    [Fact]
    public void Destination_one_octet_too_small_is_the_callers_mistake()
    {
        foreach (var payloads in Samples.Chains)
        {
            var destination = new byte[PayloadChain.Measure(payloads) - 1];
            Assert.Throws<ArgumentException>(() => PayloadChain.Write(payloads, destination, out _));
        }
    }
}
