using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>A command that shows how it is used.</summary>
/// <param name="name">The word.</param>
/// <param name="description">One sentence.</param>
/// <param name="examples">Whole lines, the likeliest first.</param>
internal sealed class EdgeCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;
}

/// <summary>The library's help, and the examples below it.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction help, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command is EdgeCommand command ? command.Examples : rootExamples;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (var example in examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return result;
    }

    /// <summary>Puts the examples below the help of every command of a tree.</summary>
    public static void Install(RootCommand root, params IReadOnlyList<string> rootExamples)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            if (option.Action is SynchronousCommandLineAction help) option.Action = new HelpWithExamples(help, rootExamples);
    }
}
