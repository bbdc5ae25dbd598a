using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>How a box reaches its broker.</summary>
public sealed record CloudOptions
{
    public required TwinIdentity Identity { get; init; }

    public required BrokerAddress Broker { get; init; }

    /// <summary>Plain TCP although the broker is not on loopback, and documents without a signature.</summary>
    public bool Insecure { get; init; }

    /// <summary>Trusted instead of the system's authorities; null for the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The box's certificate with its key; null before enrolment.</summary>
    public X509Certificate2? Certificate { get; init; }

    public TwinSettings Twin { get; init; } = new();

    /// <summary>A connection that says nothing for one and a half of these is over, on both sides.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For resolving, connecting, and for each answer of the broker.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker keeps the session of a box that went away.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Longest wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait of all: ten thousand boxes then come back at some eighty a second.</summary>
    public TimeSpan RetryMost { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Plain TCP never leaves the machine unless that is asked for.</summary>
    public bool IsAllowed(System.Net.IPAddress address) => Broker.Tls || Insecure || System.Net.IPAddress.IsLoopback(address);
}
