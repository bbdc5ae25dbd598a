using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>Whether a chain's certificates were taken back: lists in the certificate folder, OCSP, then lists by HTTP.</summary>
/// <remarks>Bounded in octets, places and time; what was learned is kept until its issuer says something new.</remarks>
public sealed class RevocationCheck(CertificateSource source, IRevocationFetcher fetcher, TimeProvider time)
{
    /// <summary>All questions about one peer together: it waits for us meanwhile, and gives up after half a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>One question: the next place gets its turn.</summary>
    private static readonly TimeSpan PatienceEach = TimeSpan.FromSeconds(3);

    private const int MaxListOctets = 1024 * 1024;
    private const int MaxAnswerOctets = 64 * 1024;
    private const int MaxFiles = 64;
    private const int MaxKept = 128;
    private readonly ConcurrentDictionary<Uri, RevocationList> _lists = new();
    private readonly ConcurrentDictionary<string, (DateTimeOffset? RevokedAt, DateTimeOffset Until)> _answers = new(StringComparer.Ordinal);

    /// <summary>The chain's verdict: one revoked certificate decides, then one unknown.</summary>
    /// <param name="chain">Leaf first, root last.</param>
    public RevocationVerdict Check(ImmutableArray<X509Certificate2> chain, DateTimeOffset now)
    {
        var begun = time.GetTimestamp();
        RevocationVerdict verdict = new RevocationVerdict.Good();
        for (var i = 0; i + 1 < chain.Length; i++)
        {
            switch (Check(chain[i], chain[i + 1], now, begun))
            {
                case RevocationVerdict.Revoked revoked:
                    return revoked;
                case RevocationVerdict.Unknown unknown when verdict is not RevocationVerdict.Unknown { WasAsked: true }:
                    verdict = unknown;
                    break;
                default:
                    break;
            }
        }

        return verdict;
    }

    private RevocationVerdict Check(X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now, long begun)
    {
        var faults = new List<string>();
        foreach (var (name, list) in LocalLists(issuer))
        {
            if (Judge(list, name, certificate, issuer, now, faults) is { } verdict) return verdict;
        }

        foreach (var place in RevocationPlaces.Responders(certificate))
        {
            if (Ask(place, certificate, issuer, now, Left(begun), faults) is { } verdict) return verdict;
        }

        foreach (var place in RevocationPlaces.Lists(certificate))
        {
            if (Fetch(place, now, Left(begun), faults) is { } list && Judge(list, $"CRL {place}", certificate, issuer, now, faults) is { } verdict) return verdict;
        }

        return faults.Count > 0
            ? new RevocationVerdict.Unknown($"{certificate.Subject}: {string.Join("; ", faults)}", WasAsked: true)
            : new RevocationVerdict.Unknown($"{certificate.Subject} names neither an OCSP responder nor a CRL", WasAsked: false);
    }

    private TimeSpan Left(long begun)
    {
        var left = Patience - time.GetElapsedTime(begun);
        return left < PatienceEach ? left : PatienceEach;
    }

    private static RevocationVerdict? Judge(
        RevocationList list, string name, X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now, List<string> faults)
    {
        if (!list.IsOf(issuer) || !list.IsSignedBy(issuer))
        {
            faults.Add($"{name} is not signed by {issuer.Subject}");
            return null;
        }

        DateTimeOffset? revokedAt;
        try
        {
            revokedAt = list.RevokedAt(certificate.SerialNumberBytes.Span);
        }
        catch (AsnContentException)
        {
            faults.Add($"{name} cannot be read");
            return null;
        }

        // What was once revoked stays so, however old the list.
        if (revokedAt is { } at) return new RevocationVerdict.Revoked(certificate.Subject, at, name);
        if (list.NextUpdate >= now) return new RevocationVerdict.Good();
        faults.Add($"{name} was good until {list.NextUpdate:yyyy-MM-dd HH:mm}");
        return null;
    }

    private RevocationVerdict? Ask(
        Uri place, X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now, TimeSpan patience, List<string> faults)
    {
        var key = certificate.Thumbprint;
        if (!_answers.TryGetValue(key, out var known) || known.Until < now)
        {
            if (patience <= TimeSpan.Zero)
            {
                faults.Add($"no time was left to ask {place}");
                return null;
            }

            var question = new OcspQuestion(certificate, issuer);
            if (fetcher.Fetch(place, question.Encode(), MaxAnswerOctets, patience, out var fault) is not { } answer
                || !question.TryRead(answer, now, out var revokedAt, out var until, out fault))
            {
                faults.Add($"OCSP {place}: {fault}");
                return null;
            }

            known = (revokedAt, until);
            if (_answers.Count >= MaxKept) _answers.Clear();
            _answers[key] = known;
        }

        return known.RevokedAt is { } at ? new RevocationVerdict.Revoked(certificate.Subject, at, $"OCSP {place}") : new RevocationVerdict.Good();
    }

    private RevocationList? Fetch(Uri place, DateTimeOffset now, TimeSpan patience, List<string> faults)
    {
        if (_lists.TryGetValue(place, out var kept) && kept.NextUpdate >= now) return kept;
        if (patience <= TimeSpan.Zero)
        {
            faults.Add($"no time was left to fetch {place}");
            return null;
        }

        if (fetcher.Fetch(place, null, MaxListOctets, patience, out var fault) is not { } octets || Read(octets, out fault) is not { } list)
        {
            faults.Add($"CRL {place}: {fault}");
            return kept; // an old list still tells what was revoked by then
        }

        if (_lists.Count >= MaxKept) _lists.Clear();
        return _lists[place] = list;
    }

    /// <summary>Lists that someone put beside the certificates: <c>*.crl</c>, DER or PEM.</summary>
    private IEnumerable<(string Name, RevocationList List)> LocalLists(X509Certificate2 issuer)
    {
        if (source.Folder is not { } folder || !Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, "*.crl").Order(StringComparer.Ordinal).Take(MaxFiles))
        {
            byte[] octets;
            try
            {
                if (new FileInfo(path).Length > MaxListOctets) continue;
                octets = File.ReadAllBytes(path);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                continue; // as if it were not there: then somebody else must be asked
            }

            if (Read(octets, out _) is { } list && list.IsOf(issuer)) yield return ($"CRL {Path.GetFileName(path)}", list);
        }
    }

    private static RevocationList? Read(byte[] octets, out string? fault)
    {
        var der = octets;
        if (octets.AsSpan().StartsWith("-----BEGIN"u8))
            der = new PemFields(System.Text.Encoding.UTF8.GetString(octets)).FirstOrDefault(static f => f.Label == "X509 CRL").Octets ?? [];
        return RevocationList.TryRead(der, out fault);
    }
}
