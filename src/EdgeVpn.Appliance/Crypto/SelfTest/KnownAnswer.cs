using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>HMAC of <see cref="Data"/> under <see cref="Key"/>: test case 2 of RFC 2202 §3 and RFC 4231 §4.3.</summary>
internal sealed record KnownAnswer(PrfAlgorithm Algorithm, ImmutableArray<byte> Answer)
{
    public static ReadOnlySpan<byte> Key => "Jefe"u8;

    public static ReadOnlySpan<byte> Data => "what do ya want for nothing?"u8;

    public static readonly ImmutableArray<KnownAnswer> Prfs =
    [
        Of(PrfAlgorithm.HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        Of(PrfAlgorithm.HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Of(PrfAlgorithm.HmacSha384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
        Of(
            PrfAlgorithm.HmacSha512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
    ];

    private static KnownAnswer Of(PrfAlgorithm algorithm, string digits) => new(algorithm, [.. Convert.FromHexString(digits)]);
}
