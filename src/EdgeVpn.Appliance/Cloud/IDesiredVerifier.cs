using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Decides whether a payload on <c>desired</c> comes from somebody who may configure this box.</summary>
/// <remarks>A pure function of the payload and of the keys that are trusted at the moment.</remarks>
public interface IDesiredVerifier
{
    DesiredVerification Verify(ReadOnlyMemory<byte> payload);
}

/// <summary>What a verifier says.</summary>
public abstract record DesiredVerification
{
    /// <param name="Envelope">The envelope's octets, out of whatever wrapped them.</param>
    /// <param name="Unsigned">Nothing vouches for it but the way it came.</param>
    public sealed record Accepted(ReadOnlyMemory<byte> Envelope, bool Unsigned) : DesiredVerification;

    /// <param name="Problem">One sentence for the operator.</param>
    public sealed record Rejected(string Problem) : DesiredVerification;
}

/// <summary>Takes plain JSON where the way to the broker is trusted: on loopback, or where the configuration says <c>"insecure": true</c>.</summary>
public sealed class UnsignedVerifier(BrokerAddress broker, bool insecure) : IDesiredVerifier
{
    private readonly bool _allowed = insecure || broker.IsLoopback;

    public DesiredVerification Verify(ReadOnlyMemory<byte> payload) => _allowed
        ? new DesiredVerification.Accepted(payload, Unsigned: true)
        : new DesiredVerification.Rejected("is not signed; unsigned documents are taken from a broker on loopback, or with \"insecure\": true in the box's cloud settings.");
}

/// <summary>Takes what a pinned fleet key signed, and nothing else: the verifier of every enrolled box, whatever the way to its broker is.</summary>
/// <param name="trusted">The fleet's keys now; they change when the fleet changes them.</param>
public sealed class SignedVerifier(Func<IReadOnlyCollection<P256Key>> trusted) : IDesiredVerifier
{
    public DesiredVerification Verify(ReadOnlyMemory<byte> payload) => SignedMessage.Verify(payload, SignedType.Desired, trusted()) switch
    {
        SignedReading.Authentic authentic => new DesiredVerification.Accepted(authentic.Payload, Unsigned: false),
        SignedReading.Refused refused => new DesiredVerification.Rejected(refused.Problem),
        var other => throw new InvalidOperationException($"{other} is not a reading."),
    };
}
