using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>What <c>edgevpn selftest</c> found.</summary>
/// <param name="Passed">All of it.</param>
/// <param name="Checks">In the order they were made.</param>
public sealed record SelfTestReport(bool Passed, ImmutableArray<SelfTestCheck> Checks);

/// <summary>One algorithm, in one implementation.</summary>
/// <param name="Algorithm">As the registry names it.</param>
/// <param name="Provider">Whose code.</param>
/// <param name="Passed">Whether everything came out right.</param>
/// <param name="Checked">What was looked at, in words.</param>
/// <param name="Fault">What came out wrong; null if nothing.</param>
public sealed record SelfTestCheck(string Algorithm, string Provider, bool Passed, string Checked, string? Fault)
{
    internal static SelfTestCheck Of(string algorithm, string provider, string what, string? fault) => new(algorithm, provider, fault is null, what, fault);
}
