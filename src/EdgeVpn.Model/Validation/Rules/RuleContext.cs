using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>What a rule sees: the configuration, and a list for problems that stays silent about stand-ins.</summary>
internal sealed class RuleContext(BoxConfig config, ProblemList problems)
{
    public BoxConfig Config => config;

    public bool IsSound(JsonPath path) => problems.IsSound(path);

    public void Error(ProblemKind kind, JsonPath path, string sentence, string? mend = null)
    {
        if (IsSound(path)) problems.Error(kind, path, sentence, mend);
    }

    public void Warn(ProblemKind kind, JsonPath path, string sentence, string? mend = null)
    {
        if (IsSound(path)) problems.Warn(kind, path, sentence, mend);
    }

    /// <summary>The elements that were really written, with their places.</summary>
    public IEnumerable<(T Item, JsonPath Path)> Items<T>(ImmutableArray<T> list, JsonPath path)
    {
        for (var i = 0; i < list.Length; i++)
            if (IsSound(path[i])) yield return (list[i], path[i]);
    }

    /// <summary>The connections with their places.</summary>
    public IEnumerable<(ConnectionConfig Item, JsonPath Path)> Connections => Items(config.Connections, JsonPath.Root["connections"]);

    /// <summary>The interfaces with their places.</summary>
    public IEnumerable<(InterfaceConfig Item, JsonPath Path)> Interfaces => Items(config.Interfaces, JsonPath.Root["interfaces"]);

    /// <summary>Refuses a number outside its bounds.</summary>
    public void Between(long number, long least, long most, JsonPath path)
    {
        if (number < least || number > most)
            Error(ProblemKind.BadValue, path, string.Create(CultureInfo.InvariantCulture, $"{number} is outside {least} to {most}."));
    }

    /// <summary>Refuses a duration outside its bounds; in a laboratory (<c>lab.shortTimes</c>) one second is enough.</summary>
    public void Between(TimeSpan time, TimeSpan least, TimeSpan most, JsonPath path)
    {
        var relaxed = config.Lab.ShortTimes ? TimeSpan.FromSeconds(1) : least;
        if (time < relaxed || time > most)
            Error(ProblemKind.BadValue, path, $"{time:c} is outside {relaxed:c} to {most:c}.", time < relaxed && time >= TimeSpan.FromSeconds(1) ? "\"lab\": { \"shortTimes\": true } allows it in a laboratory" : null);
    }

    /// <summary>Refuses names written twice.</summary>
    public void Unique(IEnumerable<(string Name, JsonPath Path)> names, string what)
    {
        var first = new Dictionary<string, JsonPath>();
        foreach (var (name, path) in names)
            if (name.Length > 0 && IsSound(path) && !first.TryAdd(name, path))
                Error(ProblemKind.Contradiction, path, $"The {what} \"{name}\" is already taken by {first[name]}.");
    }

    /// <summary>Refuses a name that topics, files or commands could not carry.</summary>
    public void SimpleName(string name, int longest, JsonPath path)
    {
        if (!TwinName.IsValid(name) || name.Length > longest)
            Error(ProblemKind.BadValue, path, $"A name has 1 to {longest} letters, digits, '-', '_' and '.', and begins with a letter or digit.");
    }

    /// <summary>Refuses what Linux would not take as an interface's name (dev_valid_name).</summary>
    public void InterfaceName(string name, JsonPath path)
    {
        const int longest = 15; // IFNAMSIZ - 1
        if (name.Length is 0 or > longest || name is "." or ".." or "lo" or "all" or "default" || name[0] == '-' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            Error(ProblemKind.BadValue, path, $"An interface name has 1 to {longest} letters, digits, '-', '_' and '.', and does not begin with '-'.");
    }
}
