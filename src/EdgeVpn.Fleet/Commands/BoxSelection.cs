using System.CommandLine;
using EdgeVpn.Fleet.Wanted;

namespace EdgeVpn.Fleet.Commands;

/// <summary>Which boxes a command is about: those named, those of a group, or all.</summary>
internal sealed class BoxSelection
{
    private readonly Argument<string[]> _devices = new("DEVICE") { Description = "Only these boxes. Default: every one that the folder configures.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _groups = new("--group") { Description = "Only the members of this group; may be repeated.", HelpName = "NAME" };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_devices);
        command.Options.Add(_groups);
    }

    /// <exception cref="UsageException">A name that no box can have.</exception>
    public Selection Read(ParseResult parsed) => new([.. (parsed.GetValue(_devices) ?? []).Select(static d => BrokerOptionSet.Name("device", d)!)], parsed.GetValue(_groups) ?? []);
}

/// <summary>Boxes as they were asked for.</summary>
internal sealed record Selection(IReadOnlyList<string> Devices, IReadOnlyList<string> Groups)
{
    /// <summary>In order, each once.</summary>
    /// <exception cref="UsageException">There is no such group.</exception>
    public IReadOnlyList<string> Of(WantedFleet wanted)
    {
        if (Devices.Count + Groups.Count == 0) return [.. wanted.Devices()];
        var members = Groups.Select(name => wanted.Groups.FirstOrDefault(g => g.Name == name) ?? throw new UsageException($"there is no groups/{name}.json.")).SelectMany(static g => g.Members);
        return [.. Devices.Union(members).Order(StringComparer.Ordinal)];
    }
}
