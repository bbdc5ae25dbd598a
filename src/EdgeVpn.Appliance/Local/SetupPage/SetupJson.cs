using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>What the page and the box say to each other. Angle brackets and quotes are escaped: a browser reads this.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata, UseStringEnumConverter = true,
    AllowDuplicateProperties = false, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SetupView))]
[JsonSerializable(typeof(DocumentAnswer))]
[JsonSerializable(typeof(DoneAnswer))]
[JsonSerializable(typeof(EnrolAnswer))]
[JsonSerializable(typeof(ClaimOffer))]
[JsonSerializable(typeof(WanSettings))]
[JsonSerializable(typeof(SignIn))]
[JsonSerializable(typeof(SignedIn))]
[JsonSerializable(typeof(Offer))]
[JsonSerializable(typeof(Refusal))]
internal sealed partial class SetupJson : JsonSerializerContext;

/// <param name="Code">As on the label.</param>
internal sealed record SignIn(string Code);

/// <param name="Token">Goes back in the header <see cref="SetupSite.TokenHeader"/> of everything that changes something.</param>
internal sealed record SignedIn(string Token);

/// <param name="Files">One configuration, or all that Azure printed.</param>
/// <param name="Psk">The shared key, where Azure's files hold none.</param>
/// <param name="Apply">Put it on trial if it is valid.</param>
internal sealed record Offer(ImmutableArray<OfferedFile> Files, string? Psk = null, bool Apply = false)
{
    public override string ToString() => $"{Files.Length} files"; // a record's own would print the key
}

/// <param name="Claim">The claim card's text; it holds a token.</param>
/// <param name="Broker">Host and port to ask at, if not those on the card.</param>
internal sealed record ClaimOffer(string Claim, string? Broker = null)
{
    public override string ToString() => "a claim card"; // a record's own would print the token
}

/// <param name="Name">For remarks.</param>
internal sealed record OfferedFile(string Name, string Text);

/// <param name="Error">A sentence for a person.</param>
internal sealed record Refusal(string Error);
