using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>Every row about EAP: our daemon calls a strongSwan.</summary>
public abstract class EapRowsTests(StrongSwanRelease peer)
{
    public static TheoryData<string> AllRows => [.. EapRows.All.Select(row => row.Row)];

    [Theory, MemberData(nameof(AllRows))]
    public async Task Our_end_gets_in_or_says_why_not(string row)
    {
        Requires.StrongSwan(peer);
        await Requires.ApplianceAsync();
        Requires.Of(EapRows.Named(row).NotBefore, peer);
        await EapRows.Named(row).RunAsync(new Pairing(peer, Role.WeInitiate));
    }
}

[Trait("peer", "strongswan-5.9.8")]
public sealed class EapWith598Tests() : EapRowsTests(StrongSwanRelease.Debian12);

[Trait("peer", "strongswan-6.0.1")]
public sealed class EapWith601Tests() : EapRowsTests(StrongSwanRelease.Debian13);
