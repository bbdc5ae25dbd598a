using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Azure;

/// <summary>What a remark of an import is about.</summary>
public enum ImportRemarkKind
{
    /// <summary>Done, and worth knowing: a choice that was made, and why.</summary>
    Note,

    /// <summary>Azure has it and the box will not do it, or does it otherwise.</summary>
    NotHonoured,

    /// <summary>Something without which there is no configuration; the remedy names the option or the command that gives it.</summary>
    Missing,

    /// <summary>Recognised, and of no use for this: an IKEv1 gateway, a point-to-site profile, what is not JSON.</summary>
    Refused,
}

/// <summary>One thing a person should know about an import.</summary>
/// <param name="Kind">Missing and Refused forbid a configuration.</param>
/// <param name="Subject">File or resource it is about.</param>
/// <param name="Sentence">What; names no secret.</param>
/// <param name="Remedy">What to do, where there is something to do.</param>
public sealed record ImportRemark(ImportRemarkKind Kind, string Subject, string Sentence, string? Remedy = null)
{
    /// <summary>True if no configuration can come of it.</summary>
    public bool IsFatal => Kind is ImportRemarkKind.Missing or ImportRemarkKind.Refused;

    public override string ToString() => $"{Kind}: {Subject}: {Sentence}{(Remedy is null ? "" : $" ({Remedy})")}";
}

/// <summary>What an import came to.</summary>
/// <param name="Configuration">Checked by <see cref="Validation.ConfigurationReader"/>; null if a remark is fatal or a problem is an error.</param>
/// <param name="Remarks">In the order of the files, then of the connections.</param>
/// <param name="Problems">What the check of the configuration says.</param>
public sealed record AzureImportResult(BoxConfig? Configuration, ImmutableArray<ImportRemark> Remarks, ImmutableArray<Validation.ConfigurationProblem> Problems);

/// <summary>A file that Azure, or a person who asked Azure, wrote.</summary>
/// <param name="Name">For remarks.</param>
/// <param name="Octets">As read; see <see cref="AzureImport.MaxFileOctets"/>.</param>
public readonly record struct AzureFile(string Name, ReadOnlyMemory<byte> Octets);
