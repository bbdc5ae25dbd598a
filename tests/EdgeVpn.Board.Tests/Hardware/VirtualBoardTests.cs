using EdgeVpn.Board.Definitions;
using EdgeVpn.Board.Drawing;
using EdgeVpn.Board.Hardware;

namespace EdgeVpn.Board.Tests.Hardware;

public sealed class VirtualBoardTests
{
    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    [Fact]
    public void A_press_for_a_duration_becomes_its_gesture_and_the_lights_confirm_it()
    {
        using var hardware = PanelHardware.Open(BoardCatalog.Load("virtual").Definition!);
        var board = hardware.VirtualBoard!;
        var panel = new PanelDriver(hardware);
        Assert.True(board.Press(Ms(100), Ms(3_400)));

        var gestures = new List<(int, Gesture)>();
        for (var ms = 0; ms < 5000; ms += 20)
        {
            if (panel.Tick(Ms(ms)) is var gesture && gesture != Gesture.None) gestures.Add((ms, gesture));
            if (ms == 2000) Assert.Equal(("power ( )  wan ( )  vpn ( )  cloud ( )  [button: nothing on release]", true), (PanelText.Line(panel.Snapshot), board.State.Pressed));
            if (ms is > 3140 and < 3480) Assert.Equal(1, board.State.Brightness.Sum());
        }

        Assert.Equal([(3560, Gesture.SetUp)], gestures);
        Assert.False(board.State.Pressed);
    }

    [Fact]
    public void A_board_of_one_light_shows_the_first_that_is_not_steady()
    {
        var board = new VirtualBoard(lights: 1);
        var panel = new PanelDriver(new(board.Leds, board.Button))
        {
            Health = new(PowerState.Running, WanState.Answers, VpnState.SomeUp, CloudState.Confirmed),
        };
        panel.Tick(Ms(0));
        Assert.Equal(("two blinks", 1), (panel.Snapshot.Patterns.Single().Name, board.State.Brightness.Single()));
        panel.Tick(Ms(300));
        Assert.Equal(0, board.State.Brightness.Single());
    }

    [Fact]
    public void Presses_wait_in_the_order_of_their_time_and_there_is_a_bound()
    {
        var board = new VirtualBoard();
        board.Press(Ms(500), Ms(100));
        board.Press(Ms(0), Ms(100));
        var at = new List<double>();
        while (board.Button.TryTake(Ms(1000), out var edge)) at.Add(edge.At.TotalMilliseconds);
        Assert.Equal([0, 100, 500, 600], at);

        var taken = Enumerable.Range(0, 1000).Count(i => board.Press(Ms(i), Ms(1)));
        Assert.Equal(32, taken);
    }

    [Fact]
    public void A_terminal_shows_lit_and_dark_lights_with_and_without_colour()
    {
        var snapshot = new PanelSnapshot(
            [LedPattern.Steady, LedPattern.TwoBlinks, LedPattern.Off, LedPattern.SlowBlink], [1, 0, 0, 1], Gesture.None);
        Assert.Equal("power (*)  wan ( )  vpn ( )  cloud (*)", PanelText.Line(snapshot));
        Assert.Equal("power \e[1;32m●\e[0m  wan ○  vpn ○  cloud \e[1;32m●\e[0m", PanelText.Line(snapshot, ansi: true));
        Assert.Equal(
            """
            power (*)  wan ( )  vpn ( )  cloud (*)
              power  steady             running
              wan    two blinks         address, nothing answers beyond
              vpn    off                no connection configured
              cloud  slow blink         connecting

            """, PanelText.Explained(snapshot));
        Assert.Equal("status ( )", PanelText.Line(new([LedPattern.Wink], [0], Gesture.None)));
    }
}
