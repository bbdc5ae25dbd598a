using System.ComponentModel;

namespace EdgeVpn.Model.Configuration;

/// <summary>A named secret: exactly one of its fields is given.</summary>
public sealed record SecretConfig
{
    [Description("A pre-shared key. Azure takes printable ASCII except space, '-' and '~'; letters and digits, 20 or more, are safest.")]
    public SecretText? Psk { get; init; }

    [Description("A password, for EAP, PPPoE or a mobile access point; or a SIM card's PIN.")]
    public SecretText? Password { get; init; }

    [Description("A private key, as PEM text.")]
    public SecretText? PrivateKey { get; init; }

    [Description("The secret sealed to this box's key: a compact JWE (ECDH-ES, A256GCM).")]
    public SecretText? Sealed { get; init; }
}

/// <summary>Text that must not be seen: prints as <see cref="Hidden"/>, is written so by every serialiser but the one for storage.</summary>
public sealed record SecretText
{
    /// <summary>What stands where a secret was.</summary>
    public const string Hidden = "(hidden)";

    private readonly string _text;

    public SecretText(string text) => _text = text;

    /// <summary>The secret itself. Call only where it is used or stored.</summary>
    public string Reveal() => _text;

    public override string ToString() => Hidden;
}
