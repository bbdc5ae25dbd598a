using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>The seven keys of an IKE SA (RFC 7296 §2.14, §2.18).</summary>
internal sealed class IkeKeys : IDisposable
{
    private IkeKeys(Secret d, Secret ai, Secret ar, Secret ei, Secret er, Secret pi, Secret pr)
    {
        (SkD, SkAi, SkAr, SkEi, SkEr, SkPi, SkPr) = (d, ai, ar, ei, er, pi, pr);
    }

    public Secret SkD { get; }

    public Secret SkAi { get; }

    public Secret SkAr { get; }

    public Secret SkEi { get; }

    public Secret SkEr { get; }

    public Secret SkPi { get; }

    public Secret SkPr { get; }

    /// <summary>SKEYSEED = prf(Ni | Nr, g^ir); all keys = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr).</summary>
    public static IkeKeys Derive(Prf prf, IkeSuite suite, Secret shared, byte[] ni, byte[] nr, ulong spiI, ulong spiR)
    {
        using var skeyseed = prf.Compute(Octets.Join(ni, nr), shared.Octets);
        return Expand(prf, suite, skeyseed, ni, nr, spiI, spiR);
    }

    /// <summary>SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr [| SK(1) | …]), with the old SA's prf; expanded with the new one's.</summary>
    /// <param name="further">The secrets of IKE_FOLLOWUP_KE (RFC 9370 §2.2.4).</param>
    public static IkeKeys DeriveRekeyed(
        Prf oldPrf, Secret oldSkD, Prf prf, IkeSuite suite, Secret shared, byte[] ni, byte[] nr, ulong spiI, ulong spiR, Secret? further = null)
    {
        using var seed = new Secret(Octets.Join(shared.Octets, ni, nr, further is null ? [] : further.Octets));
        using var skeyseed = oldPrf.Compute(oldSkD.Octets, seed.Octets);
        return Expand(prf, suite, skeyseed, ni, nr, spiI, spiR);
    }

    /// <summary>SK_d, SK_pi, SK_pr = prf+(PPK, SK_d' | SK_pi' | SK_pr') each by itself; the others are copied (RFC 8784 §3).</summary>
    public IkeKeys With(Ppk ppk, Prf prf) => new(
        prf.Plus(ppk.Secret.Octets, SkD.Octets, SkD.Length),
        SkAi.Slice(0, SkAi.Length),
        SkAr.Slice(0, SkAr.Length),
        SkEi.Slice(0, SkEi.Length),
        SkEr.Slice(0, SkEr.Length),
        prf.Plus(ppk.Secret.Octets, SkPi.Octets, SkPi.Length),
        prf.Plus(ppk.Secret.Octets, SkPr.Octets, SkPr.Length));

    private static IkeKeys Expand(Prf prf, IkeSuite suite, Secret skeyseed, byte[] ni, byte[] nr, ulong spiI, ulong spiR)
    {
        var e = AlgorithmCatalog.EncryptionKeyOctets(suite.Encryption, suite.KeyLength);
        var a = AlgorithmCatalog.IntegrityKeyOctets(suite.Integrity);
        var p = prf.KeyOctets;
        using var all = prf.Plus(
            skeyseed.Octets, Octets.Join(ni, nr, Octets.Of(spiI), Octets.Of(spiR)), (3 * p) + (2 * a) + (2 * e));
        var at = 0;
        Secret Take(int length)
        {
            at += length;
            return all.Slice(at - length, length);
        }

        return new IkeKeys(Take(p), Take(a), Take(a), Take(e), Take(e), Take(p), Take(p));
    }

    public IkeKeyExport Export() =>
        new(SkAi.Octets.ToArray(), SkAr.Octets.ToArray(), SkEi.Octets.ToArray(), SkEr.Octets.ToArray());

    public void Dispose()
    {
        SkD.Dispose();
        SkAi.Dispose();
        SkAr.Dispose();
        SkEi.Dispose();
        SkEr.Dispose();
        SkPi.Dispose();
        SkPr.Dispose();
    }
}

/// <summary>The keys of a pair of ESP SAs: KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr [| SK(1) | …]) (RFC 7296 §2.17, RFC 9370 §2.2.4).</summary>
internal sealed record ChildKeys(Secret InitiatorEncryption, Secret InitiatorIntegrity, Secret ResponderEncryption, Secret ResponderIntegrity)
{
    public static ChildKeys Derive(Prf prf, Secret skD, Secret? shared, byte[] ni, byte[] nr, EspSuite suite, Secret? further = null)
    {
        var e = suite.EncryptionKeyOctets;
        var a = suite.IntegrityKeyOctets;
        using var seed = new Secret(Octets.Join(shared is null ? [] : shared.Octets, ni, nr, further is null ? [] : further.Octets));
        using var keymat = prf.Plus(skD.Octets, seed.Octets, 2 * (e + a));
        return new ChildKeys(keymat.Slice(0, e), keymat.Slice(e, a), keymat.Slice(e + a, e), keymat.Slice(e + a + e, a));
    }
}
