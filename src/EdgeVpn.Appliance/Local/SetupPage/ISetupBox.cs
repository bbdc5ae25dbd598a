using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>The box, as the set-up page knows it. Called from several threads.</summary>
internal interface ISetupBox
{
    /// <summary>Whether the label's code was typed; null: this box has no code.</summary>
    bool? IsCode(string typed);

    /// <summary>All the page shows. Holds no secret.</summary>
    SetupView Look();

    /// <summary>Reads a configuration, or what Azure printed; says what is wrong and what it changes, and puts it on trial if asked.</summary>
    Task<DocumentAnswer> OfferAsync(Offer offer);

    /// <summary>Changes the WAN of the configuration in force, and puts that on trial.</summary>
    Task<DocumentAnswer> ChangeWanAsync(WanSettings settings);

    /// <summary>Begins to ask for membership in the fleet of a claim card; <see cref="Look"/> tells how it goes on.</summary>
    EnrolAnswer Enrol(ClaimOffer offer);

    /// <summary>Keeps what is on trial.</summary>
    Task<DoneAnswer> ConfirmAsync();

    /// <summary>Takes back what is on trial.</summary>
    Task<DoneAnswer> RevertAsync();

    /// <summary>A gzipped tar of what helps to find a fault, without secrets.</summary>
    byte[] Bundle();

    /// <summary>Ends set-up mode; returns at once, and answers under way go out.</summary>
    /// <param name="why">For the log.</param>
    void Close(string why);

    /// <summary>Something that the page asked for went wrong in a way that nobody foresaw.</summary>
    void Report(Exception fault);
}

/// <summary>What the page shows, fetched every other second.</summary>
/// <param name="Device">The box's name.</param>
/// <param name="SecondsLeft">Of set-up mode.</param>
/// <param name="PendingSeconds">Left to confirm a change; null: none is on trial.</param>
/// <param name="Lights">The four, as they are beneath the chase.</param>
/// <param name="Fault">The reason behind the power light's fast blink; null: none.</param>
/// <param name="Tree">One per connection; without any, the way to the internet alone.</param>
/// <param name="Fleet">Whose box this is.</param>
/// <param name="Ports">That may be the WAN's.</param>
internal sealed record SetupView(
    string Device, string? Site, string Version, int SecondsLeft, int? PendingSeconds, ImmutableArray<LightView> Lights, ReasonStatus? Fault,
    ImmutableArray<TreeView> Tree, ImmutableArray<InterfaceStatus> Interfaces, ConfigurationInForce Configuration, CloudStatus Cloud, WanSettings? Wan, FleetView Fleet, ImmutableArray<string> Ports);

/// <summary>The box's membership, and how joining a fleet goes on.</summary>
/// <param name="Member">Fleet and device; null: it belongs to nobody.</param>
/// <param name="MayJoin">Any fleet's claim card is of use: the box belongs to nobody, or was released.</param>
/// <param name="Fingerprint">Of the box's key, which the operator compares; null: it has none before its first claim card.</param>
/// <param name="Asking">The operator has not answered yet.</param>
/// <param name="Said">What happened since the card was given, newest last.</param>
internal sealed record FleetView(string? Member, bool MayJoin, string? Fingerprint, bool Asking, ImmutableArray<string> Said);

/// <summary>What became of a claim card.</summary>
/// <param name="Accepted">The operator is asked now.</param>
/// <param name="Text">That, or why not.</param>
internal sealed record EnrolAnswer(bool Accepted, string Text);

/// <param name="Rhythm">Its name: <c>slow blink</c>.</param>
/// <param name="Meaning">What that says.</param>
internal sealed record LightView(string Name, string Rhythm, string Meaning);

/// <summary>A health tree, in words.</summary>
/// <param name="Connection">Null: of the box that has none.</param>
internal sealed record TreeView(string? Connection, bool Healthy, ImmutableArray<StepView> Steps, ReasonStatus? Reason, ImmutableArray<string> Check);

/// <param name="Result"><c>ok</c>, <c>failed</c>, <c>unknown</c> or <c>skipped</c>.</param>
internal sealed record StepView(string Words, string Result, string? Detail);

/// <summary>The WAN's line and IPv4, as typed or as in force.</summary>
/// <param name="Interface">The port.</param>
/// <param name="Method"><c>dhcp</c>, <c>static</c> or <c>pppoe</c>.</param>
/// <param name="Address">With prefix length, for static.</param>
/// <param name="User">For a session; so is <paramref name="Password"/>, which is never shown: empty keeps the one there is.</param>
/// <param name="Vlan">The provider's tag; null: none.</param>
internal sealed record WanSettings(
    string Interface, string Method, string? Address = null, string? Gateway = null, ImmutableArray<string> Dns = default, string? User = null, string? Password = null, int? Vlan = null)
{
    public override string ToString() => $"{Interface} {Method}"; // a record's own would print the password
}

/// <summary>What became of an offered document.</summary>
/// <param name="Kind">What it was taken for: <c>configuration</c>, or another's output.</param>
/// <param name="Valid">It may be applied.</param>
/// <param name="Applied">It is on trial now.</param>
/// <param name="Problems">Everything that is wrong or doubtful.</param>
/// <param name="Changes">What it changes, one line each.</param>
internal sealed record DocumentAnswer(string Kind, bool Valid, bool Applied, ImmutableArray<ProblemView> Problems, ImmutableArray<string> Changes)
{
    /// <summary>What a valid document will come to at Azure, as far as somebody should look: none forbids it.</summary>
    public ImmutableArray<FindingView> Findings { get; init; } = [];
}

/// <param name="WillFail">It will not work so, now or hours later; else it works, and should be looked at.</param>
/// <param name="Mend">What to write, at either end.</param>
internal sealed record FindingView(string Path, bool WillFail, string Sentence, string? Mend);

/// <param name="Path">Where in the document; empty: nowhere in particular.</param>
internal sealed record ProblemView(string Path, bool IsError, string Sentence);
