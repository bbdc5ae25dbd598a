namespace EdgeVpn.Ipsec.Ike;

/// <summary>Who survives when both ends rekey the same SA at once (RFC 7296 §2.8.1, §2.8.2).</summary>
internal static class Collisions
{
    /// <summary>
    /// Of the four nonces the lowest decides: the SA that was made with it is redundant, and its initiator deletes it.
    /// </summary>
    /// <returns>True if the SA of our exchange survives, and we delete the one both wanted to replace.</returns>
    public static bool OursSurvives(NoncePair ours, NoncePair theirs) => Compare(ours.Lowest, theirs.Lowest) > 0;

    /// <summary>Octet by octet; of two where one begins the other, the shorter is lower (§2.8).</summary>
    private static int Compare(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b);

    /// <summary>The two nonces of one exchange.</summary>
    internal readonly record struct NoncePair(byte[] Ni, byte[] Nr)
    {
        public byte[] Lowest => Compare(Ni, Nr) <= 0 ? Ni : Nr;
    }
}
