using EdgeVpn.Ipsec.Ike.Errands;

namespace EdgeVpn.Ipsec.Ike.Eap;

/// <summary>What an EAP peer makes of the authenticator's message.</summary>
internal abstract record EapStep
{
    private EapStep()
    {
    }

    /// <summary>Send this.</summary>
    public sealed record Reply(byte[] Message) : EapStep;

    /// <summary>The shell has to do its part first.</summary>
    /// <param name="Then">What follows once the errand is back.</param>
    public sealed record Away(Errand Errand, Func<EapStep> Then) : EapStep;

    /// <summary>It is over; the method's key proves both ends.</summary>
    public sealed record Done : EapStep;

    /// <summary>It failed.</summary>
    public sealed record Failed(CloseReason Reason) : EapStep;
}
