namespace EdgeVpn.Model.Twin;

/// <summary>What a topic carries; the level after the device's name.</summary>
public enum TwinChannel
{
    /// <summary>Retained, operator → box.</summary>
    Desired,

    /// <summary>Retained, box → operator.</summary>
    Reported,

    /// <summary>Retained, box → operator; the box's will.</summary>
    Presence,

    /// <summary>Box → operator, one state change per message.</summary>
    Events,

    /// <summary>Box → operator, every minute.</summary>
    Telemetry,

    /// <summary>Operator → box; one more level names the command.</summary>
    Command,

    /// <summary>Box → operator; one more level is the command's id.</summary>
    Response,

    /// <summary>Retained, operator → box: a piece of a body that is too large for its document; one more level names it (<see cref="BodyReference.NameOf"/>).</summary>
    Body,
}

/// <summary>One topic of the contract: <c>edgevpn/{fleet}/{device}/{channel}[/{name}]</c>.</summary>
public sealed record TwinTopic
{
    public const string Prefix = "edgevpn";

    private static readonly string[] ChannelNames = ["desired", "reported", "presence", "events", "telemetry", "command", "response", "body"];

    /// <param name="identity">Fleet and device.</param>
    /// <param name="channel">What the topic carries.</param>
    /// <param name="name">The command's name, the response's id or the piece's name; null for every other channel.</param>
    /// <exception cref="ArgumentException">A name where none belongs, none where one does, or one that <see cref="TwinName"/> does not allow.</exception>
    public TwinTopic(TwinIdentity identity, TwinChannel channel, string? name = null)
    {
        if (!IsNamed(channel) ? name is not null : name is null || !TwinName.IsValid(name))
            throw new ArgumentException($"'{name}' does not belong to a {ChannelNames[(int)channel]} topic.", nameof(name));
        Identity = identity;
        Channel = channel;
        Name = name;
    }

    public TwinIdentity Identity { get; }

    public TwinChannel Channel { get; }

    /// <summary>The command's name, the response's id or the piece's name, else null.</summary>
    public string? Name { get; }

    /// <summary>Reads a topic. False for every topic that is not exactly of the contract: other prefix, more or fewer levels, unknown channel, bad name.</summary>
    public static bool TryParse(string topic, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TwinTopic? parsed)
    {
        parsed = null;
        if (topic.Length > TwinLimits.MaxTopicLength) return false;
        var levels = topic.Split('/');
        if (levels.Length is not (4 or 5) || levels[0] != Prefix) return false;
        var channel = Array.IndexOf(ChannelNames, levels[3]);
        if (channel < 0 || IsNamed((TwinChannel)channel) != (levels.Length == 5)) return false;
        if (!TwinName.IsValid(levels[1]) || TwinName.IsReservedFleet(levels[1]) || !TwinName.IsValid(levels[2])) return false;
        var name = levels.Length == 5 ? levels[4] : null;
        if (name is not null && !TwinName.IsValid(name)) return false;
        parsed = new TwinTopic(new TwinIdentity(levels[1], levels[2]), (TwinChannel)channel, name);
        return true;
    }

    /// <summary>The subscription for one channel of one device, of a fleet (<paramref name="device"/> null) or of all fleets (both null).</summary>
    public static string Filter(string? fleet, string? device, TwinChannel channel)
    {
        if (fleet is not null && (!TwinName.IsValid(fleet) || TwinName.IsReservedFleet(fleet))) throw new ArgumentException($"'{fleet}' cannot name a fleet.", nameof(fleet));
        if (device is not null && !TwinName.IsValid(device)) throw new ArgumentException($"'{device}' cannot name a device.", nameof(device));
        return $"{Prefix}/{fleet ?? "+"}/{device ?? "+"}/{ChannelNames[(int)channel]}{(IsNamed(channel) ? "/+" : "")}";
    }

    public override string ToString() =>
        $"{Prefix}/{Identity.Fleet}/{Identity.Device}/{ChannelNames[(int)Channel]}{(Name is null ? "" : "/" + Name)}";

    private static bool IsNamed(TwinChannel channel) => channel is TwinChannel.Command or TwinChannel.Response or TwinChannel.Body;
}
