using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Composition;

/// <summary>An enrolled box's membership as the way to the broker needs it: certificate with its key, authorities, fleet keys.</summary>
/// <remarks>The same objects as long as certificate and authorities on disk are the same, so that options compare equal.</remarks>
internal sealed class Membership
{
    private readonly StateDirectory _state;
    private readonly Lock _lock = new();
    private Enrolment? _seen;
    private X509Certificate2? _certificate;
    private X509Certificate2Collection? _authorities;

    private Membership(StateDirectory state) => _state = state;

    /// <summary>Null if the box is not enrolled, or its keys are gone.</summary>
    public static Membership? Of(StateDirectory? state) => state is { Enrolment: not null, Keys: not null } ? new Membership(state) : null;

    public Enrolment Enrolment => _state.Enrolment!;

    public IReadOnlyList<P256Key> FleetKeys => Enrolment.Trust.FleetKeys;

    public P256Key Identity => P256Key.Of(_state.Keys!.Identity);

    public (X509Certificate2 Certificate, X509Certificate2Collection Authorities) Credentials()
    {
        lock (_lock)
        {
            if (_certificate is null || _authorities is null || _seen?.Certificate != Enrolment.Certificate || _seen.Trust.Authorities != Enrolment.Trust.Authorities)
            {
                _seen = Enrolment;
                using var bare = X509Certificate2.CreateFromPem(Enrolment.Certificate);
                _certificate = bare.CopyWithPrivateKey(_state.Keys!.Identity);
                _authorities = Enrolment.Authorities();
            }

            return (_certificate, _authorities);
        }
    }

    /// <summary>What the box says of itself in every report.</summary>
    public static ReportedCapabilities CapabilitiesOf(Membership? membership, IReadOnlyList<string> commands) => new()
    {
        Signatures = membership is null ? [] : ["ES256"],
        Sealing = membership is null ? [] : ["ECDH-ES+A256GCM"],
        Commands = membership is null ? [] : commands,
        DesiredOctets = TwinLimits.MaxDesiredOctets,
        BodyOctets = TwinLimits.MaxBodyOctets,
        Fingerprint = membership?.Identity.Fingerprint,
        FleetKeys = membership is null ? [] : [.. membership.FleetKeys.Select(static k => k.Thumbprint)],
        CertificateNotAfter = membership?.Enrolment.NotAfter,
    };
}
