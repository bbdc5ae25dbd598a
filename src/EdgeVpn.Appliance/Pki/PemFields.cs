using System.Collections;
using System.Security.Cryptography;

namespace EdgeVpn.Appliance.Pki;

/// <summary>The labelled parts of a PEM text (RFC 7468), in their order; what is between them is passed over.</summary>
internal sealed class PemFields(string text) : IEnumerable<(string Label, byte[] Octets)>
{
    public IEnumerator<(string Label, byte[] Octets)> GetEnumerator()
    {
        var at = 0;
        while (TryTake(ref at) is { } field) yield return field;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private (string Label, byte[] Octets)? TryTake(ref int at)
    {
        var rest = text.AsSpan(at);
        if (!PemEncoding.TryFind(rest, out var field)) return null;
        var octets = new byte[field.DecodedDataLength];
        _ = Convert.TryFromBase64Chars(rest[field.Base64Data], octets, out _);
        at += field.Location.End.GetOffset(rest.Length);
        return (rest[field.Label].ToString(), octets);
    }
}
