using System.Collections.Immutable;
using System.Security.Cryptography;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Message IDs of one IKE SA: one request of ours outstanding, one answer to the peer's last request kept (RFC 7296 §2.2, §2.3).</summary>
/// <remarks>
/// We never announce a larger window, so the peer may have one request outstanding too.
/// <code>
///   our requests    ... acknowledged | outstanding (NextRequestId − 1) | NextRequestId ...
///   peer's requests ... answered, last answer kept | ExpectedRequestId ...
/// </code>
/// </remarks>
internal sealed class MessageWindow
{
    private ImmutableArray<byte[]> _lastResponse;
    private byte[]? _lastRequestDigest;

    /// <summary>The ID that our next request will carry.</summary>
    public uint NextRequestId { get; private set; }

    /// <summary>The ID that the peer's next new request must carry.</summary>
    public uint ExpectedRequestId { get; private set; }

    /// <summary>Our request that is not answered yet.</summary>
    public PendingRequest? Outstanding { get; private set; }

    public uint StartRequest()
    {
        if (Outstanding is not null) throw new InvalidOperationException("One request at a time: the window is 1.");
        return NextRequestId++;
    }

    public void Sent(PendingRequest request) => Outstanding = request;

    /// <summary>The outstanding request was answered, or is given up.</summary>
    public void Settle() => Outstanding = null;

    /// <summary>IKE_SA_INIT is asked again, with a cookie or another group, under message ID 0 (§2.6).</summary>
    public void RestartSaInit()
    {
        Outstanding = null;
        NextRequestId = 0;
    }

    /// <summary>Remembers our answer to request <paramref name="messageId"/>; the next one is expected from now on.</summary>
    public void Answered(uint messageId, ReadOnlySpan<byte> request, ImmutableArray<byte[]> response)
    {
        ExpectedRequestId = messageId + 1;
        _lastResponse = response;
        _lastRequestDigest = SHA256.HashData(request);
    }

    /// <summary>The kept answer to a request of this ID, if it is the last one answered.</summary>
    public ImmutableArray<byte[]> AnswerTo(uint messageId) => messageId + 1 == ExpectedRequestId ? _lastResponse : default;

    /// <summary>The kept answer, if <paramref name="request"/> is the last one over again, octet for octet.</summary>
    /// <remarks>A stranger who saw the request can make us repeat the answer, never make us compute one.</remarks>
    /// <returns>Default if it is not.</returns>
    public ImmutableArray<byte[]> AnswerAgain(uint messageId, ReadOnlySpan<byte> request)
    {
        if (AnswerTo(messageId).IsDefault) return default;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(request, digest);
        return digest.SequenceEqual(_lastRequestDigest) ? _lastResponse : default;
    }
}

/// <summary>A request on its way.</summary>
internal sealed class PendingRequest(uint messageId, ImmutableArray<byte[]> datagrams, Instant firstSent)
{
    public uint MessageId { get; } = messageId;

    /// <summary>One, or its fragments.</summary>
    public ImmutableArray<byte[]> Datagrams { get; } = datagrams;

    public Instant FirstSent { get; } = firstSent;

    public int Transmissions { get; set; } = 1;
}
