using System.Collections.Immutable;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Equality by content for the arrays inside records, which would compare them by reference.</summary>
internal static class OctetEquality
{
    public static bool Same(byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b);

    public static int Hash(byte[] octets)
    {
        var hash = new HashCode();
        hash.AddBytes(octets);
        return hash.ToHashCode();
    }

    /// <summary>Elements in order; a default array is an empty one.</summary>
    public static bool Same<T>(ImmutableArray<T> a, ImmutableArray<T> b)
        where T : IEquatable<T>
    {
        if (a.IsDefaultOrEmpty || b.IsDefaultOrEmpty) return a.IsDefaultOrEmpty == b.IsDefaultOrEmpty;
        return a.AsSpan().SequenceEqual(b.AsSpan());
    }

    public static int Hash<T>(ImmutableArray<T> elements)
    {
        var hash = new HashCode();
        if (!elements.IsDefaultOrEmpty)
        {
            foreach (var element in elements) hash.Add(element);
        }

        return hash.ToHashCode();
    }
}
