namespace EdgeVpn.Ipsec.Crypto;

/// <summary>What sealing and opening differ in: a constant for the compiler, which makes a method of its own for each.</summary>
internal interface IGcmDirection
{
    static abstract bool Seals { get; }
}

internal readonly struct GcmSeals : IGcmDirection
{
    public static bool Seals => true;
}

internal readonly struct GcmOpens : IGcmDirection
{
    public static bool Seals => false;
}
