using System.Security.Cryptography;

namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Hash functions of the SHA family.</summary>
public enum ShaVariant
{
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// <summary>HMAC (RFC 2104) with one key: the padded key is hashed once, not once per packet.</summary>
/// <remarks>
/// Holds the two hash states after ipad and opad and copies them, with the low-level SHA calls: EVP_MAC allocates per message in OpenSSL 3.0.
/// One thread at a time. Allocates nothing per packet.
/// </remarks>
public sealed unsafe class HmacContext : IDisposable
{
    private const int MaxHashOctets = 64;

    private readonly Sha _sha;
    private readonly NativeBlock _states; // after ipad, after opad, working
    private readonly byte* _inner;
    private readonly byte* _outer;
    private readonly byte* _work;

    public HmacContext(ShaVariant variant, ReadOnlySpan<byte> key)
    {
        _sha = Sha.Of(variant);
        _states = new NativeBlock((nuint)(3 * Sha.StateOctets));
        _inner = _states.Pointer;
        _outer = _inner + Sha.StateOctets;
        _work = _outer + Sha.StateOctets;
        Span<byte> block = stackalloc byte[_sha.BlockOctets];
        block.Clear();
        if (key.Length > block.Length) Hash(key, block);
        else key.CopyTo(block);
        Prepare(_inner, block, 0x36);
        Prepare(_outer, block, 0x36 ^ 0x5c);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>Length of the whole result.</summary>
    public int HashOctets => _sha.HashOctets;

    /// <summary>Begins a message; one that was begun before is forgotten.</summary>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_states.IsClosed, this);
        Copy(_inner, _work);
    }

    public void Append(ReadOnlySpan<byte> octets)
    {
        ObjectDisposedException.ThrowIf(_states.IsClosed, this);
        fixed (byte* start = octets) _sha.Update(_work, start, (nuint)octets.Length);
    }

    /// <summary>Ends the message and writes the first octets of the result, as many as fit.</summary>
    public void Finish(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_states.IsClosed, this);
        var hash = stackalloc byte[MaxHashOctets];
        _sha.Final(hash, _work);
        Copy(_outer, _work);
        _sha.UpdateShort(_work, hash, (nuint)HashOctets);
        _sha.Final(hash, _work);
        new ReadOnlySpan<byte>(hash, Math.Min(HashOctets, destination.Length)).CopyTo(destination);
        GC.KeepAlive(this);
    }

    /// <summary>The whole in one call.</summary>
    public void Compute(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        Start();
        Append(message);
        Finish(destination);
    }

    /// <summary>Whether <paramref name="expected"/>, possibly truncated, is the message's HMAC. Takes the same time wherever they differ.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> expected)
    {
        Span<byte> actual = stackalloc byte[MaxHashOctets];
        Compute(message, actual);
        return !expected.IsEmpty && expected.Length <= HashOctets && CryptographicOperations.FixedTimeEquals(actual[..expected.Length], expected);
    }

    public void Dispose()
    {
        if (!_states.IsClosed) CryptographicOperations.ZeroMemory(new Span<byte>(_states.Pointer, (int)_states.LengthOctets));
        _states.Dispose();
    }

    private void Hash(ReadOnlySpan<byte> key, Span<byte> destination)
    {
        fixed (byte* from = key)
        fixed (byte* to = destination)
        {
            _sha.Init(_work);
            _sha.Update(_work, from, (nuint)key.Length);
            _sha.Final(to, _work);
        }
    }

    private void Prepare(byte* state, Span<byte> block, byte pad)
    {
        foreach (ref var octet in block) octet ^= pad;
        fixed (byte* start = block)
        {
            _sha.Init(state);
            _sha.Update(state, start, (nuint)block.Length);
        }
    }

    private static void Copy(byte* from, byte* to) => new ReadOnlySpan<byte>(from, Sha.StateOctets).CopyTo(new Span<byte>(to, Sha.StateOctets));

    /// <summary>The low-level functions of one hash: deprecated by OpenSSL 3, and exported by every 3.x.</summary>
    private sealed class Sha
    {
        public const int StateOctets = 256; // SHA512_CTX has 216, SHA256_CTX 112, SHA_CTX 96

        private static readonly Lazy<Sha>[] All =
        [
            new(() => new Sha("SHA1", 20, 64)), new(() => new Sha("SHA256", 32, 64)), new(() => new Sha("SHA384", 48, 128)), new(() => new Sha("SHA512", 64, 128)),
        ];

        public readonly delegate* unmanaged[SuppressGCTransition]<void*, int> Init;
        public readonly delegate* unmanaged<void*, void*, nuint, int> Update;
        public readonly delegate* unmanaged[SuppressGCTransition]<void*, void*, nuint, int> UpdateShort;
        public readonly delegate* unmanaged[SuppressGCTransition]<byte*, void*, int> Final;

        private Sha(string name, int hashOctets, int blockOctets)
        {
            HashOctets = hashOctets;
            BlockOctets = blockOctets;
            Init = (delegate* unmanaged[SuppressGCTransition]<void*, int>)CryptoFunctions.Find($"{name}_Init");
            Update = (delegate* unmanaged<void*, void*, nuint, int>)CryptoFunctions.Find($"{name}_Update");
            UpdateShort = (delegate* unmanaged[SuppressGCTransition]<void*, void*, nuint, int>)CryptoFunctions.Find($"{name}_Update");
            Final = (delegate* unmanaged[SuppressGCTransition]<byte*, void*, int>)CryptoFunctions.Find($"{name}_Final");
        }

        public int HashOctets { get; }

        public int BlockOctets { get; }

        public static Sha Of(ShaVariant variant) => (uint)variant < (uint)All.Length ? All[(int)variant].Value : throw new ArgumentOutOfRangeException(nameof(variant));
    }
}
