namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>What is known of one certificate's revocation.</summary>
public abstract record RevocationVerdict
{
    private RevocationVerdict()
    {
    }

    /// <summary>Its authority says that it stands.</summary>
    public sealed record Good : RevocationVerdict;

    /// <param name="Subject">Which certificate.</param>
    /// <param name="At">When its authority took it back.</param>
    /// <param name="Source">OCSP or CRL, and from where.</param>
    public sealed record Revoked(string Subject, DateTimeOffset At, string Source) : RevocationVerdict
    {
        public override string ToString() => $"revoked: {Subject} since {At:yyyy-MM-dd}, by {Source}";
    }

    /// <summary>Nobody could be asked, or nothing usable came.</summary>
    /// <param name="WasAsked">False if the certificate names no one to ask.</param>
    public sealed record Unknown(string Why, bool WasAsked) : RevocationVerdict;
}
