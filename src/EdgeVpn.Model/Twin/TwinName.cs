namespace EdgeVpn.Model.Twin;

/// <summary>A fleet, device, command or response name: one level of a topic.</summary>
/// <remarks>ASCII letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; starts with a letter or digit; 1 to 63 characters.
/// So it is never a wildcard (<c>+ #</c>), a separator, a broker's own topic (<c>$SYS</c>) or a path out of a folder.</remarks>
public static class TwinName
{
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > TwinLimits.MaxNameLength || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        }

        return true;
    }

    /// <summary>Fleet names that mean something else under <c>edgevpn/</c>.</summary>
    public static bool IsReservedFleet(ReadOnlySpan<char> name) => name.SequenceEqual("enrol");
}

/// <summary>Who a document is for: a device of a fleet.</summary>
public sealed record TwinIdentity
{
    /// <exception cref="ArgumentException">A name that <see cref="TwinName"/> does not allow.</exception>
    public TwinIdentity(string fleet, string device)
    {
        if (!TwinName.IsValid(fleet) || TwinName.IsReservedFleet(fleet))
            throw new ArgumentException($"'{fleet}' cannot name a fleet.", nameof(fleet));
        if (!TwinName.IsValid(device)) throw new ArgumentException($"'{device}' cannot name a device.", nameof(device));
        Fleet = fleet;
        Device = device;
    }

    public string Fleet { get; }

    public string Device { get; }

    public override string ToString() => $"{Fleet}/{Device}";
}
