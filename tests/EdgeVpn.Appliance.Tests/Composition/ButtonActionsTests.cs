using EdgeVpn.Appliance.Composition;
using EdgeVpn.Board;
using EdgeVpn.Model.Configuration;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Composition;

/// <summary>The button's table, from a hold's length to the act.</summary>
public sealed class ButtonActionsTests
{
    private readonly List<string> _done = [];
    private bool _onTrial;

    [Theory]
    [InlineData(0.2, "reconnect")]
    [InlineData(0.9, "reconnect")]
    [InlineData(1.5, "")]
    [InlineData(2.9, "")]
    [InlineData(3.2, "set-up")]
    [InlineData(9.5, "set-up")]
    [InlineData(11, "reset Factory")]
    [InlineData(19, "reset Factory")]
    [InlineData(21, "")]
    public void A_hold_does_what_the_card_says(double seconds, string done)
    {
        Hold(seconds, ResetTarget.Factory);
        Assert.Equal(done, string.Join(", ", _done));
    }

    [Fact]
    public void A_restricted_button_returns_to_the_confirmed_document_and_forgets_nothing()
    {
        Hold(11, ResetTarget.Confirmed);
        Assert.Equal(["reset Confirmed"], _done);
    }

    [Fact]
    public void A_short_press_keeps_what_is_on_trial_instead_of_reconnecting()
    {
        _onTrial = true;
        Hold(0.2, ResetTarget.Factory);
        Assert.Equal(["confirm"], _done);
    }

    private bool Note(string what)
    {
        _done.Add(what);
        return true;
    }

    private void Hold(double seconds, ResetTarget restriction)
    {
        var actions = new ButtonActions(() => _done.Add("reconnect"), () => restriction, target => _done.Add($"reset {target}"), () => _onTrial && Note("confirm"), () => Note("set-up"), _ => { });
        var button = new ButtonGesture();
        var released = TimeSpan.FromSeconds(seconds);
        actions.On(button.Edge(new ButtonEdge(true, TimeSpan.Zero)));
        for (var at = TimeSpan.Zero; at < released; at += TimeSpan.FromMilliseconds(10)) actions.On(button.Advance(at));
        actions.On(button.Edge(new ButtonEdge(false, released)));
        actions.On(button.Advance(released + ButtonGesture.Debounce));
    }
}
