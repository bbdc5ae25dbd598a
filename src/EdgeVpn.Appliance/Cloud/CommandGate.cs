using System.Globalization;
using System.Text;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Whether to do what an order says.</summary>
public abstract record CommandVerdict
{
    /// <param name="Command">Authentic, for this box, in time, and not done before.</param>
    /// <param name="Key">Who signed it.</param>
    public sealed record Take(CommandDocument Command, P256Key Key) : CommandVerdict;

    /// <summary>The fleet's own, and yet not to be done: its sender is told.</summary>
    public sealed record Refuse(CommandDocument Command, string Problem) : CommandVerdict;

    /// <summary>Nobody knows whose it is: silence.</summary>
    public sealed record Ignore(string Problem) : CommandVerdict;
}

/// <summary>Judges orders: signed by the fleet, for this box, once, and not late. No clock and no file; one thread at a time.</summary>
public sealed class CommandGate
{
    /// <summary>Orders remembered while they could still come again.</summary>
    private const int MaxRemembered = 1_024;

    /// <summary>The box's clock may be behind the operator's by this much.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly TwinIdentity _identity;
    private readonly Func<IReadOnlyCollection<P256Key>> _trusted;
    private readonly DateTimeOffset _floor;
    private readonly Dictionary<string, DateTimeOffset> _done = new(StringComparer.Ordinal);

    /// <param name="identity">Whose orders.</param>
    /// <param name="trusted">Whose signature counts now.</param>
    /// <param name="floor">Issue time of the newest order done before this start; orders from then or before are not taken again.</param>
    public CommandGate(TwinIdentity identity, Func<IReadOnlyCollection<P256Key>> trusted, DateTimeOffset floor)
    {
        (_identity, _trusted, _floor) = (identity, trusted, floor);
        Newest = floor;
    }

    /// <summary>What a restart must know: the issue time of the newest order taken.</summary>
    public DateTimeOffset Newest { get; private set; }

    /// <param name="name">Of the topic.</param>
    /// <param name="payload">As it came.</param>
    /// <param name="wall">The box's wall clock.</param>
    public CommandVerdict Judge(string name, ReadOnlyMemory<byte> payload, DateTimeOffset wall)
    {
        if (payload.Length > TwinLimits.MaxDesiredOctets) return new CommandVerdict.Ignore($"has {payload.Length} octets.");
        return SignedMessage.Verify(payload, SignedType.Command, _trusted()) switch
        {
            SignedReading.Authentic authentic => Judge(name, authentic, wall),
            SignedReading.Refused refused => new CommandVerdict.Ignore(refused.Problem),
            var other => throw new InvalidOperationException($"{other} is not a reading."),
        };
    }

    private CommandVerdict Judge(string name, SignedReading.Authentic authentic, DateTimeOffset wall)
    {
        if (!TwinJson.TryRead(authentic.Payload.Span, TwinJson.Wire.CommandDocument, out var command)) return new CommandVerdict.Ignore("is signed, and is no command.");
        if (command.Fleet != _identity.Fleet || command.Device != _identity.Device) return new CommandVerdict.Ignore("is for another box.");
        if (!TwinName.IsValid(command.Id)) return new CommandVerdict.Ignore("has an id that cannot name a topic.");
        // The signature covers the name in the document: the broker does not get to choose another.
        if (command.Name != name) return Refuse(command, $"is '{command.Name}', and came as '{name}'.");
        if (command.NotAfter - command.IssuedAt > TwinLimits.MaxCommandLife || command.NotAfter < command.IssuedAt) return Refuse(command, $"is good for longer than {TwinLimits.MaxCommandLife}.");
        if (wall > command.NotAfter) return Refuse(command, $"was good until {command.NotAfter:u}; it is {wall:u} here.");
        if (wall < command.IssuedAt - Skew) return Refuse(command, $"is of {command.IssuedAt:u}; it is only {wall:u} here.");
        if (command.IssuedAt <= _floor || _done.ContainsKey(command.Id)) return new CommandVerdict.Ignore("was done before.");
        foreach (var (id, end) in _done.Where(d => d.Value < wall).ToArray()) _done.Remove(id);
        if (_done.Count >= MaxRemembered) return Refuse(command, "is one of too many.");
        _done[command.Id] = command.NotAfter;
        if (command.IssuedAt > Newest) Newest = command.IssuedAt;
        return new CommandVerdict.Take(command, authentic.Key);
    }

    private static CommandVerdict.Refuse Refuse(CommandDocument command, string problem) => new(command, problem);
}

/// <summary>The issue time of the newest order, as it lies on the disk.</summary>
public static class CommandFloor
{
    public static byte[] ToOctets(DateTimeOffset at) => Encoding.ASCII.GetBytes(at.UtcTicks.ToString(CultureInfo.InvariantCulture));

    /// <summary>Null if these octets are not what <see cref="ToOctets"/> wrote.</summary>
    public static DateTimeOffset? Read(ReadOnlySpan<byte> octets) =>
        long.TryParse(octets, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
}
