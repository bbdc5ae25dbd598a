using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>A body on its way in, piece after piece. Holds one array of the length that the signed document says, and nothing besides.</summary>
/// <remarks>What a broker can put in a piece's place is a problem, never an exception. After a problem nothing more is added.</remarks>
public sealed class BodyAssembly(BodyReference body)
{
    private readonly byte[] _octets = new byte[body.Octets];

    /// <summary>The piece that is wanted next, from 0; <see cref="BodyReference.Pieces"/> when all are there.</summary>
    public int Next { get; private set; }

    /// <summary>Its name; null when all are there.</summary>
    public string? Wanted => Next < body.Pieces ? body.NameOf(Next) : null;

    /// <summary>The whole body, verified; empty until it is.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Takes the piece that is wanted. Any other is not looked at.</summary>
    /// <param name="name">The last level of its topic.</param>
    /// <param name="octets">The message.</param>
    /// <returns>Why no body comes of it; null if none is to say so far.</returns>
    public ReportedProblem? Add(string name, ReadOnlySpan<byte> octets)
    {
        if (name != Wanted) return null;
        var length = body.LengthOf(Next);
        if (octets.Length != length)
            return new ReportedProblem("$.reference", $"piece {Next + 1} of {body.Pieces} of its body has {octets.Length} octets; it must have {length}.");
        octets.CopyTo(_octets.AsSpan(Next * TwinLimits.BodyPieceOctets));
        Next++;
        if (Wanted is not null) return null;
        if (DesiredDocument.Hash(_octets) != body.Sha256) return new ReportedProblem("$.reference.sha256", "is not the hash of the body that the broker keeps: it is another one.");
        if (DesiredReading.ProblemOfBody(_octets) is { } problem) return problem;
        Body = _octets;
        return null;
    }
}
