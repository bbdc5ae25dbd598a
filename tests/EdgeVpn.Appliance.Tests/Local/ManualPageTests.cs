using EdgeVpn.Appliance.Local.Commands;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class ManualPageTests
{
    [Fact]
    public void The_manual_page_names_every_command()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EdgeVpn.sln"))) folder = folder.Parent;
        var text = File.ReadAllText(Path.Combine(folder!.FullName, "scripts", "debian", "edgevpn.8")).Replace("\\-", "-", StringComparison.Ordinal);
        var commands = EdgeVpnCommandLine.Build(new FakeActions(), new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }).Subcommands;
        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Matches($@"(?m)^\.BR? .*\b{command.Name}\b", text));
    }
}
