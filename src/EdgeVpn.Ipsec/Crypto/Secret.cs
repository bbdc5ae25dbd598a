using System.Security.Cryptography;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Octets that are zeroed when disposed: a shared secret, a key, SKEYSEED.</summary>
/// <remarks>Pinned, so that the collector leaves no copies behind. <see cref="ToString"/> never shows the content.</remarks>
public sealed class Secret : IDisposable
{
    private readonly byte[] _octets;
    private bool _disposed;

    /// <summary>Makes room for <paramref name="length"/> octets, to be filled through <see cref="Fill"/>.</summary>
    public Secret(int length) => _octets = GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Copies <paramref name="octets"/>; the caller still owns, and zeroes, the original.</summary>
    public Secret(ReadOnlySpan<byte> octets)
        : this(octets.Length) => octets.CopyTo(_octets);

    public int Length => _octets.Length;

    /// <summary>The octets. Throws <see cref="ObjectDisposedException"/> after disposal: a zero key must never be used by accident.</summary>
    public ReadOnlySpan<byte> Octets
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _octets;
        }
    }

    /// <summary>The octets, writable, for the one who makes the secret.</summary>
    public Span<byte> Fill
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _octets;
        }
    }

    /// <summary>A copy of a part, with its own lifetime.</summary>
    public Secret Slice(int start, int length) => new(Octets.Slice(start, length));

    /// <summary>Constant-time comparison.</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Octets, other);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_octets);
        _disposed = true;
    }

    public override string ToString() => $"Secret({_octets.Length} octets)";
}
