using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace EdgeVpn.Model.Configuration;

/// <summary>Where a peer is: an address, a host name, or anywhere (<c>%any</c>, for a responder).</summary>
public sealed record PeerAddress
{
    /// <summary>The peer calls from wherever it is.</summary>
    public static readonly PeerAddress Any = new(null, null);

    private PeerAddress(IPAddress? address, string? hostName)
    {
        Address = address;
        HostName = hostName;
    }

    /// <summary>The address, where one was written.</summary>
    public IPAddress? Address { get; }

    /// <summary>The host name, where one was written; to be looked up, and again when it fails.</summary>
    public string? HostName { get; }

    /// <summary>True for <c>%any</c>.</summary>
    public bool IsAny => Address is null && HostName is null;

    /// <summary>A fixed address.</summary>
    public static PeerAddress Of(IPAddress address) => new(address, null);

    /// <summary>Reads an address, a host name (RFC 1123) or <c>%any</c>.</summary>
    /// <remarks>A name whose last label is a number is refused: it is an address with a slip (203.0.113.256).</remarks>
    public static bool TryParse(string text, [NotNullWhen(true)] out PeerAddress? value)
    {
        value = null;
        if (text == "%any") value = Any;
        else if (Addresses.TryParse(text, out var address)) value = new PeerAddress(address, null);
        else if (IsHostName(text)) value = new PeerAddress(null, text);
        return value is not null;
    }

    /// <summary>Host name rule of RFC 1123 §2.1: labels of letters, digits and inner hyphens, 63 octets each, 253 in all.</summary>
    public static bool IsHostName(string text)
    {
        if (text.Length is 0 or > 253) return false;
        var labels = text.TrimEnd('.').Split('.');
        return Array.TrueForAll(labels, IsLabel) && !labels[^1].All(char.IsAsciiDigit);

        static bool IsLabel(string label) =>
            label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
    }

    public override string ToString() => Address?.ToString() ?? HostName ?? "%any";
}
