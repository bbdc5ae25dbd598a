using EdgeVpn.Board.Definitions;
using EdgeVpn.Board.Drawing;

namespace EdgeVpn.Board.Tests.Drawing;

public sealed class BoardTextTests
{
    [Fact]
    public void A_board_is_drawn_with_its_lights_as_they_are_and_its_wires()
    {
        var board = BoardCatalog.Load("raspberry-pi-4").Definition!;
        var panel = new PanelSnapshot([LedPattern.Steady, LedPattern.Off, LedPattern.Off, LedPattern.Steady], [1, 0, 0, 1], Gesture.None);
        Assert.Equal(
            """
            Raspberry Pi 4 Model B with a USB NIC (raspberry-pi-4): written from documents, never run on the real board

              +----------------------------------------------+
              | power    wan      vpn      cloud    button   |
              | (*)      ( )      ( )      (*)      [ ]      |
              +----------------------------------------------+

              power   pinctrl-bcm2711 line 17; pin 11 - 330 ohm - LED - pin 9 (ground)
              wan     pinctrl-bcm2711 line 27; pin 13 - 330 ohm - LED - pin 14 (ground)
              vpn     pinctrl-bcm2711 line 22; pin 15 - 330 ohm - LED - pin 14 (ground)
              cloud   pinctrl-bcm2711 line 23; pin 16 - 330 ohm - LED - pin 20 (ground)
              button  pinctrl-bcm2711 line 24, active low, pulled up; pin 18 - button - pin 20 (ground)
              wan     plugged at platform-fd580000.ethernet
              lan     plugged at platform-fd500000.pcie-pci-0000:01:00.0-usb-*
              dog     /dev/watchdog0, bites after 15 s; driver bcm2835_wdt

            """, BoardText.Draw(board, panel));
    }

    [Fact]
    public void A_board_without_a_face_says_so() =>
        Assert.Contains("no lights, no button", BoardText.Draw(BoardCatalog.Load("generic").Definition!), StringComparison.Ordinal);

    [Fact]
    public void A_drawing_is_plain_ASCII()
    {
        foreach (var name in BoardCatalog.Names)
            Assert.All(BoardText.Draw(BoardCatalog.Load(name).Definition!), c => Assert.True(c is '\n' or (>= ' ' and <= '~')));
    }
}
