using System.Buffers;

namespace EdgeVpn.Model.Twin;

/// <summary>A body that is too large to stand in its document: the signed document says its length and hash, and its pieces wait, retained, on topics of the box.</summary>
/// <param name="Octets">Length of the body: 1 to <see cref="TwinLimits.MaxBodyOctets"/>.</param>
/// <param name="Sha256">SHA-256 over the body; 64 lower-case hex digits.</param>
/// <remarks>
/// <code>
///     edgevpn/{fleet}/{device}/body/{first 32 digits of the hash}.{piece}     retained, operator → box, raw octets
/// </code>
/// Every piece but the last has <see cref="TwinLimits.BodyPieceOctets"/>, so whatever broker passes a document passes a piece. The names hold the hash:
/// pieces of two bodies never stand in each other's place. What a name promises is checked over the whole body.
/// </remarks>
public sealed record BodyReference(int Octets, string Sha256)
{
    private const int NameDigits = 32;
    private static readonly SearchValues<char> s_lowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>How many pieces there are: 1 to 32.</summary>
    public int Pieces => (Octets + TwinLimits.BodyPieceOctets - 1) / TwinLimits.BodyPieceOctets;

    /// <summary>The reference to this body.</summary>
    public static BodyReference To(ReadOnlySpan<byte> body) => new(body.Length, DesiredDocument.Hash(body));

    public static bool IsHash(ReadOnlySpan<char> text) => text.Length == 64 && text.IndexOfAnyExcept(s_lowerHex) < 0;

    /// <summary>Octets of a piece.</summary>
    public int LengthOf(int piece) => Math.Min(TwinLimits.BodyPieceOctets, Octets - (piece * TwinLimits.BodyPieceOctets));

    /// <summary>The last level of a piece's topic (<see cref="TwinChannel.Body"/>).</summary>
    public string NameOf(int piece) => $"{Sha256[..NameDigits]}.{piece}";

    /// <summary>A piece of the body that this refers to.</summary>
    public ReadOnlyMemory<byte> Piece(ReadOnlyMemory<byte> body, int piece) => body.Slice(piece * TwinLimits.BodyPieceOctets, LengthOf(piece));
}
