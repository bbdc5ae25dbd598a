using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>RFC 7296 §2.1–2.3 with a window of 1.</summary>
public sealed class MessageWindowTests
{
    [Fact]
    public void One_request_at_a_time()
    {
        var window = new MessageWindow();
        Assert.Equal(0u, window.StartRequest());
        window.Sent(new PendingRequest(0, [[1]], Instant.Zero));
        Assert.Throws<InvalidOperationException>(() => window.StartRequest());
        window.Settle();
        Assert.Equal(1u, window.StartRequest());
    }

    [Fact]
    public void IKE_SA_INIT_is_asked_again_under_message_ID_0()
    {
        var window = new MessageWindow();
        window.StartRequest();
        window.Sent(new PendingRequest(0, [[1]], Instant.Zero));
        window.RestartSaInit();
        Assert.Null(window.Outstanding);
        Assert.Equal(0u, window.StartRequest());
    }

    [Fact]
    public void Only_the_last_request_over_again_is_answered_again()
    {
        var window = new MessageWindow();
        Assert.Equal(0u, window.ExpectedRequestId);
        Assert.True(window.AnswerAgain(0, [1, 2]).IsDefault);
        window.Answered(0, [1, 2], [[3]]);
        Assert.Equal(1u, window.ExpectedRequestId);
        Assert.Equal([3], window.AnswerAgain(0, [1, 2]).Single());
        Assert.True(window.AnswerAgain(0, [1, 9]).IsDefault); // the same ID, another message
        Assert.True(window.AnswerAgain(1, [1, 2]).IsDefault);
        window.Answered(1, [4], [[5]]);
        Assert.True(window.AnswerAgain(0, [1, 2]).IsDefault); // the peer has that answer: it asked something new
        Assert.Equal([5], window.AnswerAgain(1, [4]).Single());
    }
}
