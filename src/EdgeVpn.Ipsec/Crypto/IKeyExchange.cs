using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>One key exchange method (Transform Type 4): a Diffie-Hellman group or a KEM, seen as what stands in the KE payloads.</summary>
/// <remarks>
/// <code>
///   initiator: Initiate ──KEi──► responder: TryRespond
///              TryFinish ◄──KEr──
/// </code>
/// Holds no key and no state: one instance serves every SA and thread. What is private comes from <see cref="IEntropy"/> alone.
/// </remarks>
public interface IKeyExchange
{
    KeyExchangeMethod Method { get; }

    /// <summary>Whether an agreement takes so long that other datagrams should not wait for it: a millisecond or more on a branch's processor.</summary>
    /// <remarks>
    /// Measured on an x86-64 server, a fourth of whose speed is assumed: ecp256, Curve25519 and ML-KEM stay below 0.4 ms, Curve448 below 0.7;
    /// modp2048 takes 0.3 to 1.2, ecp384 1.9, modp4096 1.8 to 13. A slow method is Diffie-Hellman proper: KEr does not depend on KEi, so <see cref="Initiate"/> makes either.
    /// </remarks>
    bool IsSlow => false;

    /// <summary>Makes a private value and KEi. The caller disposes the initiation after the answer, or when it gives up.</summary>
    IKeyExchangeInitiation Initiate(IEntropy entropy);

    /// <summary>Answers KEi at once.</summary>
    /// <param name="peer">The Key Exchange Data of KEi, as received.</param>
    /// <param name="publicValue">KEr.</param>
    /// <param name="shared">The shared secret, of fixed length for the method (RFC 7296 §2.14, RFC 9370 §2.2.2); the caller owns it.</param>
    /// <returns>False if the peer's value must be refused (RFC 6989).</returns>
    bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared);
}

/// <summary>The initiator's half between KEi and KEr; holds the private value until disposed.</summary>
public interface IKeyExchangeInitiation : IDisposable
{
    /// <summary>The Key Exchange Data of KEi.</summary>
    byte[] PublicValue { get; }

    /// <summary>Takes KEr as received. May be called again with another answer: a forged first one must not spoil the true one.</summary>
    /// <returns>False if the peer's value must be refused (RFC 6989).</returns>
    bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared);
}
