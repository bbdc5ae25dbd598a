using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Tests.Definitions;

/// <summary>What stands under board/, held to what the program knows.</summary>
public sealed class BoardFilesTests
{
    /// <summary>GPIO lines of the 40-pin header of every Raspberry Pi since 2014, by pin.</summary>
    private static readonly Dictionary<int, int> s_header = new()
    {
        [3] = 2,
        [5] = 3,
        [7] = 4,
        [8] = 14,
        [10] = 15,
        [11] = 17,
        [12] = 18,
        [13] = 27,
        [15] = 22,
        [16] = 23,
        [18] = 24,
        [19] = 10,
        [21] = 9,
        [22] = 25,
        [23] = 11,
        [24] = 8,
        [26] = 7,
        [29] = 5,
        [31] = 6,
        [32] = 12,
        [33] = 13,
        [35] = 19,
        [36] = 16,
        [37] = 26,
        [38] = 20,
        [40] = 21,
    };

    public static TheoryData<string> Boards =>
        [.. Directory.GetDirectories(Repository.File("board")).Select(folder => Path.GetFileName(folder)!).Where(static name => name != "guides").Order(StringComparer.Ordinal)];

    [Fact]
    public void The_program_knows_exactly_the_boards_that_have_a_folder() =>
        Assert.Equal(Boards.Select(row => row.Data), BoardCatalog.Names);

    [Fact]
    public void The_boards_of_the_promise_are_there() =>
        Assert.Superset(
            new HashSet<string> { "virtual", "generic", "qemu-virt", "raspberry-pi-4", "raspberry-pi-5", "raspberry-pi-cm4", "raspberry-pi-zero-2w" },
            BoardCatalog.Names.ToHashSet());

    [Theory]
    [MemberData(nameof(Boards))]
    public void A_board_is_valid_by_name_and_by_file(string name)
    {
        var byName = BoardCatalog.Load(name);
        var byFile = BoardCatalog.Load(Repository.File("board", name, "board.json"));
        Assert.Empty(byName.Problems);
        Assert.Empty(byFile.Problems);
        Assert.Equal(name, byName.Definition!.Name);
        Assert.Equal(byFile.Definition!.Title, byName.Definition.Title);
    }

    [Theory]
    [MemberData(nameof(Boards))]
    public void A_board_says_in_its_readme_if_it_was_never_run_on_the_real_thing(string name)
    {
        var readme = File.ReadAllText(Repository.File("board", name, "README.md"));
        var board = BoardCatalog.Load(name).Definition!;
        var isReal = name.StartsWith("raspberry", StringComparison.Ordinal);
        Assert.Equal(isReal && board.Evidence != BoardEvidence.Real, readme.Contains("never run on the real board", StringComparison.Ordinal));
        Assert.Contains(board.Title, readme, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Boards))]
    public void A_readme_names_every_line_pin_and_path_of_its_board(string name)
    {
        var readme = File.ReadAllText(Repository.File("board", name, "README.md"));
        var board = BoardCatalog.Load(name).Definition!;
        foreach (var (light, definition) in board.Lights.Named().Where(one => one.Light.Gpio is not null))
            Assert.Contains($"| {light} | {definition.Gpio} |" + (definition.Pin is { } pin ? $" {pin} |" : ""), readme, StringComparison.Ordinal);
        if (board.Button is { Gpio: { } line }) Assert.Contains($"| button | {line} |", readme, StringComparison.Ordinal);
        foreach (var path in board.Nics.Select(nic => nic.Path).OfType<string>().Where(path => !path.StartsWith('*')))
            Assert.Contains($"`{path}`", readme, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Boards))]
    public void A_pin_of_a_raspberry_pi_is_the_line_it_is_said_to_be(string name)
    {
        var board = BoardCatalog.Load(name).Definition!;
        var wired = board.Lights.Named().Select(one => (one.Light.Pin, one.Light.Gpio)).Append((board.Button?.Pin, board.Button?.Gpio));
        foreach (var (pin, line) in wired)
            if (pin is not null)
                Assert.Equal(s_header[pin.Value], line);
    }

    [Theory]
    [InlineData("Raspberry Pi 4 Model B Rev 1.5\0", "raspberry-pi-4")]
    [InlineData("Raspberry Pi 5 Model B Rev 1.0", "raspberry-pi-5")]
    [InlineData("Raspberry Pi Compute Module 4 Rev 1.1", "raspberry-pi-cm4")]
    [InlineData("Raspberry Pi Zero 2 W Rev 1.0", "raspberry-pi-zero-2w")]
    [InlineData("linux,dummy-virt", "qemu-virt")]
    [InlineData("Raspberry Pi 400 Rev 1.0", null)]
    [InlineData("", null)]
    public void A_board_is_recognised_by_its_device_tree(string model, string? name) =>
        Assert.Equal(name, BoardCatalog.ForModel(model)?.Name);

    [Fact]
    public void The_technicians_tables_say_what_the_lights_do()
    {
        var readme = File.ReadAllText(Repository.File("board", "README.md"));
        string[] columns = ["off", "slow blink", "fast blink", "two blinks", "steady"];
        foreach (var light in Enum.GetValues<Light>())
        {
            var cells = columns.Select(column =>
                PanelLegend.Lights.SingleOrDefault(row => row.Light == light && row.Pattern.Name == column)?.Meaning ?? "-");
            Assert.Contains($"| {LightNames.Of(light)} | {string.Join(" | ", cells)} |", readme, StringComparison.Ordinal);
        }

        foreach (var row in PanelLegend.AllLights) Assert.Contains($"| {row.Name} | {row.Meaning} |", readme, StringComparison.Ordinal);
        foreach (var row in PanelLegend.Button) Assert.Contains($"| {row.Press} | {row.Lights} | {row.Meaning} |", readme, StringComparison.Ordinal);
        foreach (var name in BoardCatalog.Names) Assert.Contains($"[{name}]({name}/README.md)", readme, StringComparison.Ordinal);
    }
}
