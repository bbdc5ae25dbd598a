using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EdgeVpn.Model.Jose;

namespace EdgeVpn.Model.Twin;

/// <summary>What an operator hands a technician, on paper or as a QR code: it lets one box into one fleet, once.</summary>
/// <param name="Broker">Where to ask: the broker's bootstrap listener.</param>
/// <param name="Identity">Who the box will be.</param>
/// <param name="FleetKey">Thumbprint of the fleet's key: the box believes an answer signed by this key and no other.</param>
/// <param name="Token">16 octets that only the card's holder and the operator know; never sent, only used to authenticate the request.</param>
/// <param name="NotAfter">Whole seconds; later requests are refused by the operator.</param>
/// <remarks><c>edgevpn://HOST:PORT/FLEET/DEVICE?k=THUMBPRINT&amp;t=TOKEN&amp;x=UNIXTIME</c>; <c>edgevpn+plain://</c> without TLS, for laboratories.</remarks>
public sealed record ClaimCard(BrokerAddress Broker, TwinIdentity Identity, string FleetKey, ReadOnlyMemory<byte> Token, DateTimeOffset NotAfter)
{
    public const int TokenOctets = 16;

    private const string Tls = "edgevpn";
    private const string Plain = "edgevpn+plain";
    private const int ThumbprintOctets = 32;

    public static bool TryParse(string text, [NotNullWhen(true)] out ClaimCard? card)
    {
        card = null;
        text = text.Trim();
        if (text.Length > 600 || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not (Tls or Plain) || uri.UserInfo.Length != 0) return false;
        if (!BrokerAddress.TryParse($"{(uri.Scheme == Tls ? "mqtts" : "mqtt")}://{uri.Authority}", out var broker) || uri.Port < 0) return false;
        if (uri.AbsolutePath.Split('/') is not ["", var fleet, var device] || !TwinName.IsValid(fleet) || TwinName.IsReservedFleet(fleet) || !TwinName.IsValid(device)) return false;
        if (uri.Query.TrimStart('?').Split('&') is not [['k', '=', .. var key], ['t', '=', .. var token], ['x', '=', .. var time]]) return false;
        if (!Base64Text.TryDecode(key, out var hash) || hash.Length != ThumbprintOctets || !Base64Text.TryDecode(token, out var octets) || octets.Length != TokenOctets) return false;
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799) return false; // the year 9999's last
        card = new ClaimCard(broker, new TwinIdentity(fleet, device), key, octets, DateTimeOffset.FromUnixTimeSeconds(seconds));
        return true;
    }

    /// <summary>The card's text. It holds the token: whoever reads it may enrol in the box's place until it is used or over.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"{(Broker.Tls ? Tls : Plain)}://{(Broker.Host.Contains(':', StringComparison.Ordinal) ? $"[{Broker.Host}]" : Broker.Host)}:{Broker.Port}/{Identity.Fleet}/{Identity.Device}?k={FleetKey}&t={Base64Text.Encode(Token.Span)}&x={NotAfter.ToUnixTimeSeconds()}");

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{Identity} at {Broker}";
}
