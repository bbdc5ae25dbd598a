using System.Text.RegularExpressions;

namespace EdgeVpn.Board.Definitions;

/// <summary>What a board definition must keep to beyond its types.</summary>
public static partial class BoardRules
{
    /// <summary>Ground pins of the 40-pin header.</summary>
    private static readonly int[] s_grounds = [6, 9, 14, 20, 25, 30, 34, 39];

    /// <summary>3.3 V, 5 V and the two pins reserved for an ID EEPROM.</summary>
    private static readonly int[] s_reserved = [1, 2, 4, 17, 27, 28];

    /// <summary>Every problem, in the order of the document.</summary>
    public static IEnumerable<BoardProblem> Check(BoardDefinition board) =>
        [.. CheckHead(board), .. CheckLights(board), .. CheckButton(board), .. CheckShared(board), .. CheckNics(board), .. CheckWatchdog(board)];

    private static IEnumerable<BoardProblem> CheckHead(BoardDefinition board)
    {
        if (board.Schema != BoardDefinition.CurrentSchema) yield return new("schema", $"must be {BoardDefinition.CurrentSchema}");
        if (!NamePattern().IsMatch(board.Name)) yield return new("name", "must be lower-case letters, digits and dashes, up to 40");
        if (string.IsNullOrWhiteSpace(board.Title)) yield return new("title", "is missing");
        if (board.Title.Length > 80 || board.Title.Any(char.IsControl)) yield return new("title", "must be one line of at most 80 characters");
        if (board.Evidence == BoardEvidence.Unknown) yield return new("evidence", "must be documents, emulated or real");
        for (var i = 0; i < board.Models.Length; i++)
            if (string.IsNullOrWhiteSpace(board.Models[i]))
                yield return new($"models[{i}]", "is empty, and would match every board");
    }

    private static IEnumerable<BoardProblem> CheckLights(BoardDefinition board)
    {
        var four = Enum.GetValues<Light>().Count(light => board.Lights[light] is not null);
        if (four is > 0 and < 4)
            yield return new("lights", "must be power, wan, vpn and cloud, or status alone, or none: a board with fewer than four shows one light");
        if (four > 0 && board.Lights.Status is not null)
            yield return new("lights.status", "stands alone: it is the only light of a board with fewer than four");
        foreach (var (name, light) in board.Lights.Named())
        {
            var at = $"lights.{name}";
            var ways = Count(light.Gpio is not null, light.Led is not null, light.Pwm is not null, light.Virtual);
            if (ways != 1) yield return new(at, "must be driven in exactly one way: gpio, led, pwm or virtual");
            foreach (var problem in CheckLine(at, light.Gpio, board)) yield return problem;
            if (light.Led is { } led && !LedPattern().IsMatch(led)) yield return new($"{at}.led", "must be a name below /sys/class/leds");
            if (light.Pwm is { Chip: < 0 }) yield return new($"{at}.pwm.chip", "must not be negative");
            if (light.Pwm is { Channel: < 0 }) yield return new($"{at}.pwm.channel", "must not be negative");
            if (light.ActiveLow && light.Gpio is null) yield return new($"{at}.activeLow", "is for a gpio line only");
            if (light.KernelBlink && light.Led is null) yield return new($"{at}.kernelBlink", "is for a led below /sys/class/leds only");
            foreach (var problem in CheckPins(at, light.Pin, light.Ground)) yield return problem;
        }
    }

    private static IEnumerable<BoardProblem> CheckButton(BoardDefinition board)
    {
        if (board.Button is not { } button) yield break;
        if (Count(button.Gpio is not null, button.Virtual) != 1) yield return new("button", "must be exactly one of gpio and virtual");
        foreach (var problem in CheckLine("button", button.Gpio, board)) yield return problem;
        foreach (var problem in CheckPins("button", button.Pin, button.Ground)) yield return problem;
        if (button is { Pull: Pull.Up, ActiveLow: false } or { Pull: Pull.Down, ActiveLow: true })
            yield return new("button.pull", "would hold the button pressed for ever: up goes with activeLow, down without");
        if (!board.Lights.Named().Any())
            yield return new("button", "needs at least one light: a gesture means what the lights showed");
    }

    /// <summary>Two things on one line, LED, channel or pin.</summary>
    private static IEnumerable<BoardProblem> CheckShared(BoardDefinition board)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (what, path) in Uses(board))
        {
            if (taken.TryGetValue(what, out var first)) yield return new(path, $"{what} is already used by {first}");
            else taken.Add(what, path);
        }
    }

    private static IEnumerable<(string What, string Path)> Uses(BoardDefinition board)
    {
        foreach (var (name, light) in board.Lights.Named())
        {
            if (light.Gpio is { } line) yield return ($"line {line}", $"lights.{name}.gpio");
            if (light.Led is { } led) yield return ($"LED {led}", $"lights.{name}.led");
            if (light.Pwm is { } pwm) yield return ($"PWM {pwm.Chip}:{pwm.Channel}", $"lights.{name}.pwm");
            if (light.Pin is { } pin) yield return ($"pin {pin}", $"lights.{name}.pin");
        }

        if (board.Button?.Gpio is { } buttonLine) yield return ($"line {buttonLine}", "button.gpio");
        if (board.Button?.Pin is { } buttonPin) yield return ($"pin {buttonPin}", "button.pin");
        for (var i = 0; i < board.Nics.Length; i++)
        {
            var nic = board.Nics[i];
            if (nic.Path is { } path) yield return ($"path {path}", $"nics[{i}].path");
            if (nic.Mac is { } mac) yield return ($"MAC {mac.ToLowerInvariant()}", $"nics[{i}].mac");
            if (nic.Name is { } name) yield return ($"name {name}", $"nics[{i}].name");
            if (nic.Index is { } index) yield return ($"index {index}", $"nics[{i}].index");
        }
    }

    private static IEnumerable<BoardProblem> CheckNics(BoardDefinition board)
    {
        // A role that is misspelt is one mistake, not two.
        var unknown = board.Nics.Any(nic => nic.Role == NicRole.Unknown);
        foreach (var role in (NicRole[])[NicRole.Wan, NicRole.Lan])
            if (!unknown && !board.Nics.Any(nic => nic.Role == role))
                yield return new("nics", $"no NIC has the role {(role == NicRole.Wan ? "wan" : "lan")}");
        for (var i = 0; i < board.Nics.Length; i++)
        {
            var (nic, at) = (board.Nics[i], $"nics[{i}]");
            if (nic.Role == NicRole.Unknown) yield return new($"{at}.role", "must be wan or lan");
            if (Count(nic.Path is not null, nic.Mac is not null, nic.Name is not null, nic.Index is not null) != 1)
                yield return new(at, "must be found in exactly one way: path, mac, name or index");
            if (nic.Path is { } path && string.IsNullOrWhiteSpace(path)) yield return new($"{at}.path", "is empty");
            if (nic.Mac is { } mac && !MacPattern().IsMatch(mac)) yield return new($"{at}.mac", "must be six octets like 02:00:5e:10:00:01");
            if (nic.Name is { } name && !NicNamePattern().IsMatch(name)) yield return new($"{at}.name", "must be an interface name of at most 15 characters");
            if (nic.Index is < 0) yield return new($"{at}.index", "must not be negative");
        }
    }

    private static IEnumerable<BoardProblem> CheckWatchdog(BoardDefinition board)
    {
        if (board.Watchdog is not { } watchdog) yield break;
        if (!DevicePattern().IsMatch(watchdog.Device)) yield return new("watchdog.device", "must be a device like /dev/watchdog0");
        if (watchdog.Timeout < TimeSpan.FromSeconds(2) || watchdog.Timeout > TimeSpan.FromMinutes(10))
            yield return new("watchdog.timeout", "must be between 2 seconds and 10 minutes");
    }

    private static IEnumerable<BoardProblem> CheckLine(string at, int? line, BoardDefinition board)
    {
        if (line is null) yield break;
        if (line is < 0 or > 1023) yield return new($"{at}.gpio", "must be a line from 0 to 1023");
        if (string.IsNullOrWhiteSpace(board.GpioChip)) yield return new($"{at}.gpio", "needs gpioChip, the label of the chip it is a line of");
    }

    private static IEnumerable<BoardProblem> CheckPins(string at, int? pin, int? ground)
    {
        if (pin is < 1 or > 40) yield return new($"{at}.pin", "must be a pin of the header, 1 to 40");
        else if (pin is { } number && (s_grounds.Contains(number) || s_reserved.Contains(number)))
            yield return new($"{at}.pin", $"pin {number} is ground, supply or reserved, not a GPIO");
        if (ground is { } other && !s_grounds.Contains(other))
            yield return new($"{at}.ground", $"pin {other} is no ground; these are: {string.Join(", ", s_grounds)}");
    }

    private static int Count(params ReadOnlySpan<bool> facts)
    {
        var count = 0;
        foreach (var fact in facts) count += fact ? 1 : 0;
        return count;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,39}$")]
    private static partial Regex NamePattern();

    // No slash, and never "." or "..": it becomes a folder's name.
    [GeneratedRegex("^[A-Za-z0-9_:+-][A-Za-z0-9_:+.-]{0,62}$")]
    private static partial Regex LedPattern();

    [GeneratedRegex("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$")]
    private static partial Regex MacPattern();

    [GeneratedRegex("^[^/ ]{1,15}$")]
    private static partial Regex NicNamePattern();

    [GeneratedRegex("^/dev/watchdog[0-9]*$")]
    private static partial Regex DevicePattern();
}
