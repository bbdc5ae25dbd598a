using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Decides whether a payload on <c>desired</c> comes from somebody who may configure this box.</summary>
/// <remarks>A pure function of the payload and of keys it was made with. The signed one (JWS, ES256, a pinned fleet key) takes this place.</remarks>
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
