using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>A configuration document from a file, a broker or a page: accepted or refused with its problems, and what is accepted can be written and read again.</summary>
internal sealed class DocumentTarget : Target
{
    /// <summary>A hundred problems with their places and sentences, and what is made once.</summary>
    private const int AllocationBase = 2 * 1024 * 1024;

    /// <summary>The shortest connection that fits is given every field that it leaves out.</summary>
    private const int AllocationFactor = 512;

    public override string Name => "document";

    public override void Run(ReadOnlySpan<byte> input)
    {
        var before = Allocated;
        var result = ConfigurationReader.Read(input.ToArray(), DocumentBounds.Desired);
        MustNotExceed(AllocationBase + (AllocationFactor * input.Length), before, input.Length);
        Must(result.Configuration is not null || result.Errors.Any(), "refused without a word");
        if (result.Configuration is not { } configuration) return;
        var again = ConfigurationReader.Read(ConfigurationWriter.WriteForStorage(configuration), DocumentBounds.File);
        Must(again.Configuration is not null, "what was accepted is refused when written: " + string.Join("; ", again.Errors));
    }
}
