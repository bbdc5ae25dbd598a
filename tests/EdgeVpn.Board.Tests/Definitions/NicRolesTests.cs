using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Tests.Definitions;

public sealed class NicRolesTests
{
    private static readonly NicSeen s_onboard = new("end0", "platform-fd580000.ethernet", "dc:a6:32:00:00:01");
    private static readonly NicSeen s_usb = new("enx1", "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.1:1.0", "02:00:5e:10:00:02");
    private static readonly NicSeen s_usb2 = new("enx0", "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.2:1.0", "02:00:5e:10:00:03");

    private static string?[] Names(BoardDefinition board, params NicSeen[] seen) => [.. NicRoles.Assign(board, seen).Select(one => one.Seen?.Name)];

    [Fact]
    public void A_port_is_found_by_where_it_is_plugged()
    {
        var board = BoardCatalog.Load("raspberry-pi-4").Definition!;
        Assert.Equal(["end0", "enx1"], Names(board, s_usb, s_onboard));
        Assert.Equal(["end0", null], Names(board, s_onboard));
        Assert.Equal([null, "enx1"], Names(board, s_usb2, s_usb));
    }

    [Fact]
    public void A_port_is_found_by_its_place_in_the_order_of_paths()
    {
        var board = BoardCatalog.Load("generic").Definition!;
        Assert.Equal(["enx1", "enx0"], Names(board, s_onboard, s_usb2, s_usb));
        Assert.Equal(["end0", null], Names(board, s_onboard));
        Assert.Equal([null, null], Names(board));
    }

    [Fact]
    public void A_port_is_found_by_its_address_in_any_case_and_by_its_name()
    {
        var board = new BoardDefinition
        {
            Nics = [new() { Role = NicRole.Lan, Mac = "DC:A6:32:00:00:01" }, new() { Role = NicRole.Wan, Name = "enx0" }],
        };
        Assert.Equal(["end0", "enx0"], Names(board, s_usb2, s_usb, s_onboard));
    }

    [Fact]
    public void No_port_has_two_roles()
    {
        var board = new BoardDefinition { Nics = [new() { Role = NicRole.Wan, Path = "*" }, new() { Role = NicRole.Lan, Path = "*usb*" }] };
        Assert.Equal(["enx1", null], Names(board, s_usb, s_onboard));
    }

    [Theory]
    [InlineData("a*c", "abc", true)]
    [InlineData("a*c", "ac", true)]
    [InlineData("a*c", "abcd", false)]
    [InlineData("*b*", "abc", true)]
    [InlineData("*ab", "aab", true)]
    [InlineData("a", "ab", false)]
    [InlineData("*", "", true)]
    [InlineData("a*b*c", "a1b2b3c", true)]
    [InlineData("a.c", "abc", false)]
    public void A_star_stands_for_any_characters(string pattern, string path, bool matches)
    {
        var board = new BoardDefinition { Nics = [new() { Role = NicRole.Wan, Path = pattern }] };
        Assert.Equal([matches ? "nic" : null], Names(board, new NicSeen("nic", path, "")));
    }
}
