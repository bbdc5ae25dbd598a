using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>CBC and then HMAC in ESP: AES (RFC 3602) or 3DES (RFC 2451) with HMAC-SHA1-96 (RFC 2404) or HMAC-SHA2 (RFC 4868).</summary>
/// <remarks>
/// One chained transform per key instead of the library's one-shot calls, which allocate for every packet. CBC's only state is the last block of
/// ciphertext, so the IV of a packet is the next block of the chain:
/// <code>
/// seal:  IV = E(last ⊕ sequence), C1 = E(P1 ⊕ IV), …       open:  D(IV) is thrown away, P1 = D(C1) ⊕ IV, …
/// </code>
/// Such an IV is the cipher of a value that was not encrypted before (but for a chance of 2⁻¹²⁸ per earlier block), so nobody can tell it before it
/// is sent (RFC 3602 §3, SP 800-38A app. C). The chain begins at a random block.
/// </remarks>
public struct CbcThenHmac : IPacketAead
{
    // Longer than a packet of an Ethernet path, short enough to stay in the first-level cache.
    private const int ScratchOctets = 2048;

    private readonly ICryptoTransform _transform;
    private readonly IncrementalHash _hmac;
    private readonly byte[] _scratch;
    private readonly int _blockOctets;
    private readonly int _icvOctets;
    private readonly bool _extended;

    private CbcThenHmac(ICryptoTransform transform, IntegrityAlgorithm integrity, ReadOnlySpan<byte> integrityKey, int blockOctets, bool extended)
    {
        _transform = transform;
        _hmac = IncrementalHash.CreateHMAC(HashOf(integrity), integrityKey);
        _scratch = GC.AllocateArray<byte>(ScratchOctets, pinned: true);
        _blockOctets = blockOctets;
        _icvOctets = IcvOctetsOf(integrity);
        _extended = extended;
    }

    /// <summary>For the packets we send.</summary>
    /// <param name="encryption"><see cref="EncryptionAlgorithm.AesCbc"/> or <see cref="EncryptionAlgorithm.TripleDes"/>.</param>
    /// <param name="encryptionKey">16, 24 or 32 octets for AES, 24 for 3DES.</param>
    /// <param name="integrity">One of the HMACs.</param>
    /// <param name="integrityKey">As long as the hash.</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    /// <param name="chainStart">One unpredictable block, from <see cref="IEntropy"/>.</param>
    public static CbcThenHmac ForSealing(
        EncryptionAlgorithm encryption,
        ReadOnlySpan<byte> encryptionKey,
        IntegrityAlgorithm integrity,
        ReadOnlySpan<byte> integrityKey,
        bool extendedSequenceNumbers,
        ReadOnlySpan<byte> chainStart)
    {
        using var cipher = Cipher(encryption, encryptionKey);
        cipher.IV = chainStart.ToArray();
        return new(cipher.CreateEncryptor(), integrity, integrityKey, cipher.BlockSize / 8, extendedSequenceNumbers);
    }

    /// <summary>For the packets we receive; parameters as for sealing.</summary>
    public static CbcThenHmac ForOpening(
        EncryptionAlgorithm encryption,
        ReadOnlySpan<byte> encryptionKey,
        IntegrityAlgorithm integrity,
        ReadOnlySpan<byte> integrityKey,
        bool extendedSequenceNumbers)
    {
        using var cipher = Cipher(encryption, encryptionKey);
        return new(cipher.CreateDecryptor(), integrity, integrityKey, cipher.BlockSize / 8, extendedSequenceNumbers);
    }

    /// <summary>Octets of the truncated HMAC; −1 if this is not one of ours.</summary>
    public static int IcvOctetsOf(IntegrityAlgorithm integrity) => integrity switch
    {
        IntegrityAlgorithm.HmacSha1_96 => 12,
        IntegrityAlgorithm.HmacSha256_128 => 16,
        IntegrityAlgorithm.HmacSha384_192 => 24,
        IntegrityAlgorithm.HmacSha512_256 => 32,
        _ => -1,
    };

    public readonly void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        inner.CopyTo(packet[(8 + _blockOctets)..]);
        var iv = packet.Slice(8, _blockOctets);
        iv.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(iv[^8..], sequence);
        Chain(packet[8..^_icvOctets]);

        Span<byte> mac = stackalloc byte[SHA512.HashSizeInBytes];
        Authenticate(packet[..^_icvOctets], sequence, mac);
        mac[.._icvOctets].CopyTo(packet[^_icvOctets..]);
    }

    public readonly bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> mac = stackalloc byte[SHA512.HashSizeInBytes];
        Authenticate(packet[..^_icvOctets], sequence, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[.._icvOctets], packet[^_icvOctets..]))
            return false;

        Chain(packet[8..^_icvOctets]);
        CryptographicOperations.ZeroMemory(_scratch);
        return true;
    }

    public readonly void Dispose()
    {
        _transform.Dispose();
        _hmac.Dispose();
        CryptographicOperations.ZeroMemory(_scratch);
    }

    /// <summary>Runs whole blocks through the chain, in place. The transform only takes arrays, hence the scratch.</summary>
    private readonly void Chain(Span<byte> blocks)
    {
        while (!blocks.IsEmpty)
        {
            var count = Math.Min(blocks.Length, ScratchOctets);
            blocks[..count].CopyTo(_scratch);
            _transform.TransformBlock(_scratch, 0, count, _scratch, 0);
            _scratch.AsSpan(0, count).CopyTo(blocks);
            blocks = blocks[count..];
        }
    }

    /// <summary>The HMAC over header, IV, ciphertext and, with extended sequence numbers, the high half that is not sent (RFC 4303 §2.2.1).</summary>
    private readonly void Authenticate(ReadOnlySpan<byte> covered, ulong sequence, Span<byte> mac)
    {
        _hmac.AppendData(covered);
        if (_extended)
        {
            Span<byte> high = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(high, (uint)(sequence >> 32));
            _hmac.AppendData(high);
        }

        _hmac.GetHashAndReset(mac);
    }

    private static SymmetricAlgorithm Cipher(EncryptionAlgorithm encryption, ReadOnlySpan<byte> key)
    {
        SymmetricAlgorithm cipher = encryption switch
        {
            EncryptionAlgorithm.AesCbc => Aes.Create(),
            EncryptionAlgorithm.TripleDes => TripleDES.Create(),
            _ => throw new ArgumentOutOfRangeException(nameof(encryption), encryption, "Not a CBC cipher."),
        };
        cipher.Mode = CipherMode.CBC;
        cipher.Padding = PaddingMode.None;
        cipher.SetKey(key);
        return cipher;
    }

    private static HashAlgorithmName HashOf(IntegrityAlgorithm integrity) => integrity switch
    {
        IntegrityAlgorithm.HmacSha1_96 => HashAlgorithmName.SHA1,
        IntegrityAlgorithm.HmacSha256_128 => HashAlgorithmName.SHA256,
        IntegrityAlgorithm.HmacSha384_192 => HashAlgorithmName.SHA384,
        IntegrityAlgorithm.HmacSha512_256 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentOutOfRangeException(nameof(integrity), integrity, "Not an HMAC."),
    };
}
