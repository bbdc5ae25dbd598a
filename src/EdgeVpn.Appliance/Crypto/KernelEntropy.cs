using EdgeVpn.Ipsec;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>The kernel's getrandom as the engine's only source of chance. Safe for every thread.</summary>
public sealed class KernelEntropy : IEntropy
{
    public void Fill(Span<byte> destination) => SystemEntropy.Fill(destination);
}
