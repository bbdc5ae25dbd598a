using System.Diagnostics;
using System.Text;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

/// <summary>What a telephone reads off the card, read here by zbarimg.</summary>
public sealed class ClaimQrTests
{
    [Fact]
    public async Task The_code_on_the_terminal_and_in_the_SVG_is_the_card()
    {
        await using var lab = await FleetLab.StartAsync();
        var fleet = lab.Fleet(out _);
        var svg = Path.Combine(fleet.Path, "card.svg");
        var ran = await FleetLab.RunWithAsync(["enrol", "branch-042", "--card", "--qr", "--svg", svg, "--folder", fleet.Path]);
        Assert.True(ran.Code == ExitCode.Done, ran.Error);
        var text = ran.Lines.Single(l => l.StartsWith("  edgevpn", StringComparison.Ordinal)).Trim();
        Assert.True(ClaimCard.TryParse(text, out _));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(svg));

        string[] rows = [.. ran.Lines.Where(l => l.Length > 20 && l.All(c => c is '█' or '▀' or '▄' or ' '))];
        Assert.Equal(text, await ReadAsync(fleet.Path, Bitmap(rows)));
        Assert.Equal(text, await ReadAsync(fleet.Path, Bitmap(await File.ReadAllTextAsync(svg))));
    }

    /// <summary>Half-blocks as dark modules: a light block is a light module.</summary>
    private static bool[,] Bitmap(string[] rows)
    {
        var size = rows[0].Length;
        var dark = new bool[size, size];
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++) dark[y, x] = rows[y / 2][x] is ' ' || rows[y / 2][x] == (y % 2 == 0 ? '▄' : '▀');
        return dark;
    }

    /// <summary>The SVG's path, which is squares of one unit: no need of a second program to draw them.</summary>
    private static bool[,] Bitmap(string svg)
    {
        var size = int.Parse(svg.Split("viewBox=\"0 0 ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        var dark = new bool[size, size];
        foreach (var square in svg.Split("<path d=\"")[1].Split('"')[0].Split('M', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.EndsWith("h1v1h-1z", square, StringComparison.Ordinal);
            var at = square[..^"h1v1h-1z".Length].Split(' ');
            dark[int.Parse(at[1], System.Globalization.CultureInfo.InvariantCulture), int.Parse(at[0], System.Globalization.CultureInfo.InvariantCulture)] = true;
        }

        return dark;
    }

    private static async Task<string> ReadAsync(string folder, bool[,] dark)
    {
        if (!File.Exists("/usr/bin/zbarimg")) Assert.Skip("zbarimg is not installed: scripts/lab-deps.");
        const int Scale = 4;
        var size = dark.GetLength(0);
        var picture = new StringBuilder().Append(System.Globalization.CultureInfo.InvariantCulture, $"P1\n{size * Scale} {size * Scale}\n");
        for (var y = 0; y < size * Scale; y++)
        {
            for (var x = 0; x < size * Scale; x++) picture.Append(dark[y / Scale, x / Scale] ? "1 " : "0 ");
            picture.Append('\n');
        }

        var file = Path.Combine(folder, "card.pbm");
        await File.WriteAllTextAsync(file, picture.ToString());
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/zbarimg", ["--quiet", "--raw", file]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text.TrimEnd('\n');
    }
}
