using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Local;

/// <summary>What a client asks: <c>{ "command": "up", "arguments": { "connection": "hub" } }</c>.</summary>
/// <param name="Command">A word of <see cref="ControlCommand"/>, or one this version does not know.</param>
/// <param name="Arguments">By name; null or absent is none.</param>
public sealed record ControlRequest(string Command, ImmutableSortedDictionary<string, string>? Arguments = null)
{
    /// <summary>An argument; null if it was not given.</summary>
    public string? this[string name] => Arguments?.GetValueOrDefault(name);

    /// <summary>A request with arguments; those that are null are left out.</summary>
    public static ControlRequest Of(string command, params ReadOnlySpan<(string Name, string? Value)> arguments)
    {
        var named = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments)
            if (value is not null) named.Add(name, value);
        return new(command, named.ToImmutable());
    }
}

/// <summary>The commands of the control socket, with what each answers.</summary>
public static class ControlCommand
{
    /// <summary>Answers a <see cref="BoxStatus"/>.</summary>
    public const string Status = "status";

    /// <summary>Answers events until the client closes.</summary>
    public const string Watch = "watch";

    /// <summary>[connection]: answers a <see cref="WhyAnswer"/>.</summary>
    public const string Why = "why";

    /// <summary>connection: answers a <see cref="DoneAnswer"/> when it is up, or the reason as an error.</summary>
    public const string Up = "up";

    /// <summary>connection: answers a <see cref="DoneAnswer"/> when it is down.</summary>
    public const string Down = "down";

    /// <summary>connection, what ("ike", "child" or "authentication"): answers a <see cref="DoneAnswer"/> when the new SA is in use.</summary>
    public const string Rekey = "rekey";

    /// <summary>Answers a <see cref="ConfigurationAnswer"/>: effective, secrets hidden.</summary>
    public const string Configuration = "configuration";

    /// <summary>Answers a <see cref="LightsStatus"/>.</summary>
    public const string Lights = "lights";

    /// <summary>Answers a <see cref="Capture.FlightLog"/>: the last IKE messages and events.</summary>
    public const string Recorder = "recorder";

    /// <summary>Answers a <see cref="Model.Usage.UsageDocument"/>: hours and octets of every tunnel.</summary>
    public const string Usage = "usage";

    /// <summary>seconds: answers <see cref="Capture.LentKeys"/>; ESP keys of child SAs made within that time are in the next answer. Logged.</summary>
    public const string Keys = "keys";

    /// <summary>seconds (decimal point): presses the button of a virtual board; answers a <see cref="DoneAnswer"/>.</summary>
    public const string Press = "press";

    /// <summary>to ("factory" or "confirmed"), enrolment ("true" or none): answers a <see cref="DoneAnswer"/> when the box runs from what is left.</summary>
    public const string Reset = "reset";

    /// <summary>action ("open" or "close"): answers a <see cref="DoneAnswer"/> that says where the page is.</summary>
    public const string Setup = "setup";

    /// <summary>Answers a <see cref="BundleAnswer"/>.</summary>
    public const string Bundle = "bundle";

    /// <summary>document: an operator's signed document that came by hand; answers a <see cref="DoneAnswer"/> once it is being looked at.</summary>
    public const string Offer = "offer";
}

/// <summary>The arguments' names.</summary>
public static class ControlArgument
{
    public const string Connection = "connection";

    /// <summary>Of <see cref="ControlCommand.Rekey"/>: <see cref="Ike"/>, <see cref="Child"/> or <see cref="Authentication"/>.</summary>
    public const string What = "what";

    public const string Ike = "ike";
    public const string Child = "child";
    public const string Authentication = "authentication";

    /// <summary>Of <see cref="ControlCommand.Reset"/>: <see cref="Factory"/> or <see cref="Confirmed"/>.</summary>
    public const string To = "to";

    public const string Factory = "factory";
    public const string Confirmed = "confirmed";

    /// <summary>Of <see cref="ControlCommand.Reset"/>.</summary>
    public const string Enrolment = "enrolment";

    /// <summary>Of <see cref="ControlCommand.Setup"/>: <see cref="Open"/> or <see cref="Close"/>.</summary>
    public const string Action = "action";

    public const string Open = "open";
    public const string Close = "close";

    /// <summary>Of <see cref="ControlCommand.Offer"/>: as it stands in its topic.</summary>
    public const string Document = "document";

    /// <summary>Of <see cref="ControlCommand.Press"/> and <see cref="ControlCommand.Keys"/>.</summary>
    public const string Seconds = "seconds";
}
