using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Rehearsal.Proposals;

/// <summary>What was agreed, in the keywords a person would write to get it.</summary>
public static class SuiteText
{
    public static string Of(IkeSuite suite) => Of(
    [
        new(TransformKind.Encryption, (ushort)suite.Encryption, (ushort)suite.KeyLength),
        new(TransformKind.Prf, (ushort)suite.Prf),
        new(TransformKind.Integrity, (ushort)suite.Integrity),
        new(TransformKind.KeyExchange, (ushort)suite.KeyExchange),
        .. suite.AdditionalKeyExchanges.Select(static (method, i) => new ProposalTransform((TransformKind)((int)TransformKind.AdditionalKeyExchange1 + i), (ushort)method)),
    ]);

    /// <param name="pfs">The group its keys were made with; NONE without PFS.</param>
    public static string Of(EspSuite suite, KeyExchangeMethod pfs, bool extendedSequenceNumbers = false) => Of(
    [
        new(TransformKind.Encryption, (ushort)suite.Encryption, (ushort)suite.KeyLength),
        new(TransformKind.Integrity, (ushort)suite.Integrity),
        new(TransformKind.KeyExchange, (ushort)pfs),
        new(TransformKind.Esn, extendedSequenceNumbers ? (ushort)1 : (ushort)0),
    ]);

    /// <summary>One transform of each kind: none is not named, nor a PRF that its integrity algorithm brings along.</summary>
    public static string Of(IReadOnlyCollection<ProposalTransform> chosen)
    {
        var words = chosen.Where(static t => t.Id != 0).Select(static t => AlgorithmKeyword.WordFor(t) ?? $"{(byte)t.Kind}:{t.Id}").ToList();
        return string.Join('-', words.Where(word => !(word.StartsWith("prf", StringComparison.Ordinal) && words.Contains(word["prf".Length..]))));
    }
}
