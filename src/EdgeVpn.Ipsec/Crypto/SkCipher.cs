namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Protects the Encrypted payload of IKE messages (SK and SKF), in one direction, under one key.</summary>
/// <remarks>
/// <code>
///   message:  IKE header | SK generic header [| fragment header] | IV | plaintext | padding | Pad Length | ICV
///                                                                ^ bodyOffset
/// </code>
/// Everything before bodyOffset is final, Length fields included, before <see cref="Seal"/> is called (RFC 7296 §3.14, RFC 5282 §5.1, RFC 7383 §2.5).
/// Not for concurrent use: one IKE SA has one thread.
/// </remarks>
public abstract class SkCipher : IDisposable
{
    /// <summary>Length of the explicit IV that stands first in the body.</summary>
    public abstract int IvOctets { get; }

    /// <summary>Length of the Integrity Check Value that ends the message.</summary>
    public abstract int IcvOctets { get; }

    /// <summary>What plaintext, padding and Pad Length together are a multiple of: the cipher's block, or 1 for an AEAD (RFC 5282 §3).</summary>
    public abstract int BlockOctets { get; }

    /// <summary>Length of the payload's body (IV, plaintext, padding, Pad Length, ICV) for a plaintext of this length.</summary>
    public int SealedLength(int plaintextLength) => IvOctets + PaddedLength(plaintextLength) + IcvOctets;

    /// <summary>Seals in place: writes IV, padding and ICV around the plaintext that stands at <paramref name="bodyOffset"/> + <see cref="IvOctets"/>.</summary>
    /// <param name="message">The whole IKE message, ending with the ICV: exactly bodyOffset + <see cref="SealedLength"/> octets.</param>
    /// <exception cref="ArgumentException">The message is not of that length.</exception>
    public void Seal(Span<byte> message, int bodyOffset, int plaintextLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bodyOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(plaintextLength);
        if (message.Length != bodyOffset + SealedLength(plaintextLength))
            throw new ArgumentException("The message must end with the ICV.", nameof(message));

        var padded = PaddedLength(plaintextLength);
        var padding = message.Slice(bodyOffset + IvOctets + plaintextLength, padded - plaintextLength);
        padding.Clear();
        padding[^1] = (byte)(padding.Length - 1);
        SealPadded(message, bodyOffset);
    }

    /// <summary>Checks the ICV in constant time, then opens in place. A false answer says nothing about why, and leaves no plaintext.</summary>
    /// <param name="message">The whole IKE message as received, ending with the ICV.</param>
    /// <param name="plaintextOffset">Where the inner payloads stand in <paramref name="message"/>.</param>
    /// <param name="plaintextLength">Their length; 0 is possible.</param>
    /// <returns>False if a length, the ICV or the Pad Length is wrong. Any padding content is accepted (RFC 7296 §3.14).</returns>
    public bool TryOpen(Span<byte> message, int bodyOffset, out int plaintextOffset, out int plaintextLength)
    {
        plaintextOffset = plaintextLength = 0;
        if (bodyOffset < 0 || bodyOffset > message.Length)
            return false;

        var padded = message.Length - bodyOffset - IvOctets - IcvOctets;
        if (padded < 1 || padded % BlockOctets != 0 || !TryOpenPadded(message, bodyOffset))
            return false;

        var start = bodyOffset + IvOctets;
        int padLength = message[start + padded - 1];
        if (padLength > padded - 1)
        {
            message.Slice(start, padded).Clear();
            return false;
        }

        plaintextOffset = start;
        plaintextLength = padded - 1 - padLength;
        return true;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Writes the IV, encrypts what stands between IV and ICV, writes the ICV.</summary>
    protected abstract void SealPadded(Span<byte> message, int bodyOffset);

    /// <summary>Checks the ICV, then decrypts what stands between IV and ICV. Lengths are already known to fit.</summary>
    protected abstract bool TryOpenPadded(Span<byte> message, int bodyOffset);

    /// <summary>The part between IV and ICV.</summary>
    protected Span<byte> Padded(Span<byte> message, int bodyOffset) => message[(bodyOffset + IvOctets)..^IcvOctets];

    private int PaddedLength(int plaintextLength) => (plaintextLength + BlockOctets) / BlockOctets * BlockOctets; // + 1 for Pad Length, rounded up
}
