using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Makes the two directions of an SA for the suites it can do.</summary>
public interface IEspProvider
{
    /// <summary>For status and diagnosis: "intrinsics", "bcl", "libcrypto".</summary>
    string Name { get; }

    bool Supports(EspSuite suite);

    IEspOutbound Outbound(EspSaParameters parameters, IEntropy entropy);

    IEspInbound Inbound(EspSaParameters parameters, EspSelectors selectors);
}

/// <summary>A provider from its cipher: the shell registers libcrypto with one of these.</summary>
/// <typeparam name="TAead">The cipher; each instance is owned by the SA it is made for.</typeparam>
/// <param name="name">For status.</param>
/// <param name="supports">Which suites it can do, on this machine.</param>
/// <param name="forSealing">The cipher that seals. Copies the keys it needs. Entropy is for IVs that must be unpredictable (CBC).</param>
/// <param name="forOpening">The cipher that opens.</param>
public sealed class EspProvider<TAead>(
    string name,
    Func<EspSuite, bool> supports,
    Func<EspSaParameters, IEntropy, TAead> forSealing,
    Func<EspSaParameters, TAead> forOpening) : IEspProvider
    where TAead : struct, IPacketAead
{
    public string Name => name;

    public bool Supports(EspSuite suite) => supports(suite);

    public IEspOutbound Outbound(EspSaParameters parameters, IEntropy entropy) =>
        new EspSealer<TAead>(parameters, forSealing(parameters, entropy), name);

    public IEspInbound Inbound(EspSaParameters parameters, EspSelectors selectors) =>
        new EspOpener<TAead>(parameters, selectors, forOpening(parameters), name);
}
