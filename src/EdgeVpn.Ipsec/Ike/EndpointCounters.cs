namespace EdgeVpn.Ipsec.Ike;

/// <summary>What a stranger, or a broken peer, can cause: one named counter each, and nothing else.</summary>
public sealed class EndpointCounters
{
    /// <summary>Not an IKEv2 message: too short, wrong length, an earlier major version.</summary>
    public long InvalidHeaders { get; internal set; }

    /// <summary>For a higher major version than ours.</summary>
    public long LaterVersions { get; internal set; }

    /// <summary>For an SPI that we do not know.</summary>
    public long UnknownSpis { get; internal set; }

    /// <summary>Requests of the two kinds before that were told why in clear.</summary>
    public long StraysAnswered { get; internal set; }

    /// <summary>Somebody said in clear that a peer does not know its SA.</summary>
    public long InvalidSpiHints { get; internal set; }

    /// <summary>A header that names an SA, a body that fails its integrity check.</summary>
    public long NotAuthentic { get; internal set; }

    /// <summary>Payloads that cannot be read.</summary>
    public long MalformedMessages { get; internal set; }

    /// <summary>Answers to nothing we asked.</summary>
    public long UnexpectedResponses { get; internal set; }

    /// <summary>Requests outside the window.</summary>
    public long UnexpectedRequests { get; internal set; }

    /// <summary>Retransmitted requests that were answered from the window.</summary>
    public long RepeatedRequests { get; internal set; }

    /// <summary>IKE_SA_INIT requests from addresses that no connection names.</summary>
    public long UnknownSources { get; internal set; }

    /// <summary>IKE_SA_INIT requests that were asked for a cookie.</summary>
    public long CookiesSent { get; internal set; }

    /// <summary>IKE_SA_INIT requests dropped because of the half-open limits.</summary>
    public long HalfOpenRefused { get; internal set; }

    /// <summary>Responder attempts refused: proposal, identity, secret.</summary>
    public long AttemptsRefused { get; internal set; }

    /// <summary>Datagrams dropped because the shell did not take them in time.</summary>
    public long TransmitQueueFull { get; internal set; }

    /// <summary>Results of work that nobody waited for any more.</summary>
    public long UnwantedWork { get; internal set; }
}
