namespace EdgeVpn.Model.Twin;

/// <summary>The order of an operator's documents: epoch first, then revision. It only grows.</summary>
/// <remarks>Both count from 1 to 2^53 − 1. A new epoch begins when an operator lost track of the revisions (a restored backup, a new fleet key).</remarks>
public readonly record struct DocumentVersion(long Epoch, long Revision) : IComparable<DocumentVersion>
{
    /// <summary>Before every document.</summary>
    public static readonly DocumentVersion None;

    public bool IsNone => this == None;

    public static bool IsNumber(long value) => value is >= 1 and <= TwinLimits.MaxVersionNumber;

    public static bool operator <(DocumentVersion a, DocumentVersion b) => a.CompareTo(b) < 0;

    public static bool operator >(DocumentVersion a, DocumentVersion b) => a.CompareTo(b) > 0;

    public static bool operator <=(DocumentVersion a, DocumentVersion b) => a.CompareTo(b) <= 0;

    public static bool operator >=(DocumentVersion a, DocumentVersion b) => a.CompareTo(b) >= 0;

    public int CompareTo(DocumentVersion other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Revision.CompareTo(other.Revision);

    /// <summary><c>epoch.revision</c>, as people say it: 1.7.</summary>
    public override string ToString() => $"{Epoch}.{Revision}";
}

/// <summary>Exactly one document: its version and what its body hashes to.</summary>
/// <param name="Epoch">1 to 2^53 − 1.</param>
/// <param name="Revision">1 to 2^53 − 1.</param>
/// <param name="Sha256">SHA-256 over the octets of <c>body</c> as they stood in the document; 64 lower-case hex digits.</param>
public sealed record DocumentReference(long Epoch, long Revision, string Sha256)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public DocumentVersion Version => new(Epoch, Revision);
}
