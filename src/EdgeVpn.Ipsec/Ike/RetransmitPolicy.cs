namespace EdgeVpn.Ipsec.Ike;

/// <summary>When an unanswered request is sent again, and when it is given up (RFC 7296 §2.1, §2.4).</summary>
/// <param name="First">Wait after the first transmission.</param>
/// <param name="Factor">Each further wait is this much longer.</param>
/// <param name="Longest">No wait is longer.</param>
/// <param name="GiveUpAfter">Since the first transmission.</param>
public sealed record RetransmitPolicy(TimeSpan First, double Factor, TimeSpan Longest, TimeSpan GiveUpAfter)
{
    /// <summary>Jitter takes up to this part off each wait, so that a thousand boxes do not answer an outage in step.</summary>
    private const double Jitter = 0.25;

    /// <summary>For exchanges that set an SA up: quick at first, half a minute in all; the shell then backs off and tries again.</summary>
    public static RetransmitPolicy SetUp { get; } =
        new(TimeSpan.FromMilliseconds(500), 1.8, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));

    /// <summary>For exchanges of an established SA: the peer counts as gone when the DPD timeout has run out.</summary>
    public static RetransmitPolicy Established(TimeSpan dpdTimeout) =>
        new(TimeSpan.FromMilliseconds(500), 1.8, TimeSpan.FromSeconds(10), dpdTimeout * (2.0 / 3));

    /// <summary>The wait after transmission number <paramref name="transmissions"/> (1 is the first).</summary>
    public TimeSpan Wait(int transmissions, IEntropy entropy)
    {
        var wait = First * Math.Pow(Factor, transmissions - 1);
        return entropy.JitterDown(wait < Longest ? wait : Longest, Jitter);
    }
}
