using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>Feeds damaged octets to every reader and holds each to its promise: a value, no exception, and what is read writes back.</summary>
/// <param name="alsoUse">Also shows the value and checks its composition: ten times as slow as reading it.</param>
internal sealed class Survivor(bool alsoUse = true)
{
    private static readonly ExchangeType[] Exchanges = Enum.GetValues<ExchangeType>();

    public int Read { get; private set; }

    public int Refused { get; private set; }

    /// <summary>A whole message: by its header, and once more past it, since most damage to a header ends the reading there.</summary>
    public void Message(ReadOnlySpan<byte> message, string damage)
    {
        try
        {
            if (IkeHeader.TryRead(message, out var header) == WireError.None)
            {
                var written = new byte[IkeHeader.Size];
                header.Write(written);
                Assert.Equal(message[..IkeHeader.Size], written);
                _ = (header.MajorVersion, header.IsResponse, header.IsFromOriginalInitiator);
            }
            else
            {
                Assert.Equal(default, header);
            }

            if (message.Length >= IkeHeader.Size)
                ReadChain((PayloadType)message[IkeHeader.NextPayloadOffset], message[IkeHeader.Size..]);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{damage}: {Convert.ToHexStringLower(message)}", exception);
        }
    }

    /// <summary>The chain inside SK, its first type given outside.</summary>
    public void Chain(PayloadType first, ReadOnlySpan<byte> octets, string damage)
    {
        try
        {
            ReadChain(first, octets);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{damage}: {first} {Convert.ToHexStringLower(octets)}", exception);
        }
    }

    private void ReadChain(PayloadType first, ReadOnlySpan<byte> octets)
    {
        ReadViews(first, octets);
        var error = PayloadList.TryRead(first, octets, out var list, out _);
        if (error != WireError.None)
        {
            Refused++;
            Assert.Null(list);
            return;
        }

        Read++;
        Assert.NotNull(list);
        var written = new byte[PayloadChain.Measure(list)];
        Assert.Equal(written.Length, PayloadChain.Write(list, written, out var again));
        Assert.Equal(WireError.None, PayloadList.TryRead(again, written, out var second));
        Assert.Equal(list.Count, second!.Count);
        for (var index = 0; index < list.Count; index++)
        {
            if (!list[index].Equals(second[index]) || list[index].GetHashCode() != second[index].GetHashCode())
                Assert.Fail($"{list[index]} came back as {second[index]}");
        }

        if (!alsoUse) return;
        Assert.DoesNotContain('\n', list.ToString());
        foreach (var exchange in Exchanges)
        {
            PayloadRules.Check(exchange, false, PayloadPlace.Encrypted, list, out _);
            PayloadRules.Check(exchange, true, PayloadPlace.Clear, list, out _);
        }
    }

    private static void ReadViews(PayloadType first, ReadOnlySpan<byte> octets)
    {
        var reader = new PayloadReader(first, octets);
        var end = 0;
        while (reader.MoveNext())
        {
            var view = reader.Current;
            Assert.Equal(end, view.Offset);
            end += PayloadView.HeaderSize + view.Body.Length;
            if (view.Type == PayloadType.EncryptedFragment && EncryptedFragmentView.TryRead(view, out var fragment) == WireError.None)
                Assert.InRange(fragment.FragmentNumber, 1, fragment.TotalFragments);
        }

        if (reader.Error == WireError.None) Assert.Equal(octets.Length, end);
    }
}
