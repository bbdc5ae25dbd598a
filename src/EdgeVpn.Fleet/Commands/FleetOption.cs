using System.CommandLine;
using EdgeVpn.Fleet.Keys;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>--folder</c>: which fleet a command is about.</summary>
internal sealed class FleetOption
{
    private const string Variable = "EDGEFLEET_FOLDER";

    private readonly Option<string> _folder = new("--folder")
    {
        Description = $"The fleet's folder. Default: ${Variable}, else the current one.",
        HelpName = "DIR",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : ".",
    };

    public void AddTo(Command command) => command.Options.Add(_folder);

    public string Path(ParseResult parsed) => parsed.GetValue(_folder)!;

    /// <exception cref="FleetFolderException">There is no fleet.</exception>
    public FleetFolder Read(ParseResult parsed) => FleetFolder.Open(Path(parsed));

    /// <summary>A fleet if the folder holds one; else null.</summary>
    public FleetFolder? TryRead(ParseResult parsed) => File.Exists(System.IO.Path.Combine(Path(parsed), "fleet.json")) ? Read(parsed) : null;
}
