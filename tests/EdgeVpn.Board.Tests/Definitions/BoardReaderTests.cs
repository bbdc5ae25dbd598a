using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Board.Tests.Definitions;

public sealed class BoardReaderTests
{
    private const string Sound = """
        {
          "schema": 1, "name": "bench", "title": "A bench", "evidence": "documents", "gpioChip": "chip",
          "lights": { "power": { "gpio": 1 }, "wan": { "led": "wan" }, "vpn": { "pwm": { "chip": 0, "channel": 1 } }, "cloud": { "virtual": true } },
          "button": { "gpio": 5, "activeLow": true, "pull": "up" },
          "nics": [ { "role": "wan", "mac": "02:00:5e:10:00:01" }, { "role": "lan", "name": "lan0" } ],
          "watchdog": { "device": "/dev/watchdog0", "timeout": "00:00:15" }
        }
        """;

    private static string[] Problems(string json) => [.. BoardReader.Read(json).Problems.Select(problem => problem.ToString())];

    private static string[] ProblemsAfter(string part, string changed)
    {
        Assert.Contains(part, Sound, StringComparison.Ordinal);
        var problems = Problems(Sound.Replace(part, changed, StringComparison.Ordinal));
        return problems;
    }

    [Fact]
    public void A_sound_definition_is_read_whole()
    {
        var board = BoardReader.Read(Sound).Definition!;
        Assert.Equal(("bench", "chip", 1, 5, Pull.Up), (board.Name, board.GpioChip, board.Lights.Power!.Gpio, board.Button!.Gpio, board.Button.Pull));
        Assert.Equal(TimeSpan.FromSeconds(15), board.Watchdog!.Timeout);
        Assert.Equal([NicRole.Wan, NicRole.Lan], board.Nics.Select(nic => nic.Role));
        Assert.Empty(board.Models);
    }

    [Fact]
    public void Every_problem_is_told_at_once_with_its_path() =>
        Assert.Equal(
            [
                "lights.power.gipo: unknown field; did you mean \"gpio\"?",
                "lights.wan.activeLow: \"yes\" is not true or false",
                "button.gpio: \"five\" is not a whole number",
                "nics[0].role: \"both\" is not wan or lan",
                "watchdog.timeout: 15 is not a duration like 00:00:15",
                "colour: unknown field",
                "name: must be lower-case letters, digits and dashes, up to 40",
                "title: is missing",
                "evidence: must be documents, emulated or real",
                "lights.power: must be driven in exactly one way: gpio, led, pwm or virtual",
                "lights.cloud.gpio: needs gpioChip, the label of the chip it is a line of",
                "button: must be exactly one of gpio and virtual",
                "button.pull: would hold the button pressed for ever: up goes with activeLow, down without",
                "nics[1].mac: must be six octets like 02:00:5e:10:00:01",
                "watchdog.device: must be a device like /dev/watchdog0",
            ],
            Problems("""
                {
                  "schema": 1, "name": "My Board",
                  "lights": { "power": { "gipo": 1 }, "wan": { "led": "wan", "activeLow": "yes" }, "vpn": { "virtual": true }, "cloud": { "gpio": 3 } },
                  "button": { "gpio": "five", "pull": "up" },
                  "nics": [ { "role": "both", "index": 0 }, { "role": "lan", "mac": "02:00" } ],
                  "watchdog": { "device": "/dev/sda", "timeout": 15 },
                  "colour": "red"
                }
                """));

    [Theory]
    [InlineData("\"schema\": 1", "\"schema\": 2", "schema: must be 1")]
    [InlineData("\"power\": { \"gpio\": 1 }, ", "", "lights: must be power, wan, vpn and cloud, or status alone, or none: a board with fewer than four shows one light")]
    [InlineData("\"power\":", "\"status\": { \"virtual\": true }, \"power\":", "lights.status: stands alone: it is the only light of a board with fewer than four")]
    [InlineData("{ \"gpio\": 1 }", "{ \"gpio\": 1, \"led\": \"x\" }", "lights.power: must be driven in exactly one way: gpio, led, pwm or virtual")]
    [InlineData("{ \"gpio\": 1 }", "{ \"gpio\": 5 }", "button.gpio: line 5 is already used by lights.power.gpio")]
    [InlineData("{ \"gpio\": 1 }", "{ \"gpio\": -1 }", "lights.power.gpio: must be a line from 0 to 1023")]
    [InlineData("{ \"gpio\": 1 }", "{ \"gpio\": 1, \"pin\": 9 }", "lights.power.pin: pin 9 is ground, supply or reserved, not a GPIO")]
    [InlineData("{ \"gpio\": 1 }", "{ \"gpio\": 1, \"pin\": 11, \"ground\": 12 }", "lights.power.ground: pin 12 is no ground; these are: 6, 9, 14, 20, 25, 30, 34, 39")]
    [InlineData("{ \"gpio\": 1 }", "[]", "lights.power: must be an object")]
    [InlineData("{ \"gpio\": 1 }", "null", "lights.power: must be an object")]
    [InlineData("{ \"led\": \"wan\" }", "{ \"led\": \"../../etc\" }", "lights.wan.led: must be a name below /sys/class/leds")]
    [InlineData("{ \"led\": \"wan\" }", "{ \"led\": \"..\" }", "lights.wan.led: must be a name below /sys/class/leds")]
    [InlineData("{ \"led\": \"wan\" }", "{ \"led\": \"wan\", \"activeLow\": true }", "lights.wan.activeLow: is for a gpio line only")]
    [InlineData("\"virtual\": true", "\"virtual\": true, \"kernelBlink\": true", "lights.cloud.kernelBlink: is for a led below /sys/class/leds only")]
    [InlineData("\"pull\": \"up\"", "\"pull\": \"down\"", "button.pull: would hold the button pressed for ever: up goes with activeLow, down without")]
    [InlineData("\"name\": \"lan0\"", "\"index\": 1, \"path\": \"*\"", "nics[1]: must be found in exactly one way: path, mac, name or index")]
    [InlineData("\"role\": \"lan\", ", "", "nics[1].role: must be wan or lan")]
    [InlineData("\"role\": \"lan\"", "\"role\": \"wan\"", "nics: no NIC has the role lan")]
    [InlineData("00:00:15", "01:00:00", "watchdog.timeout: must be between 2 seconds and 10 minutes")]
    public void A_mistake_is_told_and_nothing_else(string part, string changed, string problem) =>
        Assert.Equal([problem], ProblemsAfter(part, changed));

    [Fact]
    public void A_button_without_a_light_is_refused()
    {
        var problems = Problems("""{ "schema": 1, "name": "a", "title": "a", "evidence": "real", "button": { "virtual": true }, "nics": [ { "role": "wan", "index": 0 }, { "role": "lan", "index": 1 } ] }""");
        Assert.Equal(["button: needs at least one light: a gesture means what the lights showed"], problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{ \"schema\": 1, \"schema\": 1 }")]
    public void What_is_no_object_is_one_problem(string json)
    {
        var reading = BoardReader.Read(json);
        Assert.Null(reading.Definition);
        Assert.Single(reading.Problems);
    }

    [Fact]
    public void Damaged_definitions_are_refused_or_read_but_never_throw()
    {
        for (var seed = 1; seed <= 2000; seed++)
        {
            var random = new Random(seed);
            var json = Sound.ToCharArray();
            for (var i = 0; i < 3; i++) json[random.Next(json.Length)] = "{}[]\",:0a- "[random.Next(11)];
            var reading = BoardReader.Read(new(json));
            Assert.True((reading.Definition is null) == (reading.Problems.Length > 0), $"seed {seed}");
        }
    }

    [Fact]
    public void A_missing_file_and_an_unknown_name_are_problems_in_words()
    {
        Assert.Contains("did you mean \"raspberry-pi-4\"?", BoardCatalog.Load("rasberry-pi-4").Problems.Single().Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", BoardCatalog.Load("./gone.json").Problems.Single().Message, StringComparison.Ordinal);
    }
}
