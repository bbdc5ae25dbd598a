using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Crypto.SelfTest;
using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Run;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Appliance.Local;

/// <summary>Source-generated metadata of everything that crosses the control socket or leaves by <c>--json</c>. Every field is written, null or not.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Commands.EnrolledAnswer))]
[JsonSerializable(typeof(BoxStatus))]
[JsonSerializable(typeof(BoxEvent))]
[JsonSerializable(typeof(WhyAnswer))]
[JsonSerializable(typeof(LightsStatus))]
[JsonSerializable(typeof(ConfigurationAnswer))]
[JsonSerializable(typeof(DoneAnswer))]
[JsonSerializable(typeof(BundleAnswer))]
[JsonSerializable(typeof(SetupCodeAnswer))]
[JsonSerializable(typeof(RenderedNetwork))]
[JsonSerializable(typeof(ImmutableArray<TunnelNames>))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlLine))]
[JsonSerializable(typeof(ConfigurationCheck))]
[JsonSerializable(typeof(FlightLog))]
[JsonSerializable(typeof(LentKeys))]
[JsonSerializable(typeof(CaptureAnswer))]
[JsonSerializable(typeof(LintReport))]
[JsonSerializable(typeof(RehearsalReport))]
[JsonSerializable(typeof(UsageDocument))]
[JsonSerializable(typeof(UsageAnswer))]
[JsonSerializable(typeof(ImportAnswer))]
[JsonSerializable(typeof(ExportAnswer))]
[JsonSerializable(typeof(ReasonExplanation))]
[JsonSerializable(typeof(ImmutableArray<ReasonExplanation>))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(SelfTestReport))]
[JsonSerializable(typeof(ImmutableArray<PacketSpeed>))]
[JsonSerializable(typeof(BoardDefinition))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class LocalJson : JsonSerializerContext
{
    /// <summary>One line without breaks: the control socket, and events for scripts.</summary>
    public static LocalJson Lines => Forms.Lines;

    /// <summary>Indented, for <c>--json</c>.</summary>
    public static LocalJson Pages => Forms.Pages;

    // A class of its own: the generated half's Default must be there first.
    private static class Forms
    {
        public static readonly LocalJson Lines = new(For(indented: false));
        public static readonly LocalJson Pages = new(For(indented: true));

        // No web page reads this: an arrow stays an arrow. Control characters are escaped all the same.
        private static JsonSerializerOptions For(bool indented) => new(Default.Options)
        {
            WriteIndented = indented,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = null,
        };
    }
}
