using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>Every row between our daemon and a strongSwan.</summary>
public abstract class EngineRowsTests(StrongSwanRelease peer, Role role)
{
    public static TheoryData<string> AllRows => [.. Rows.Selected.Select(scenario => scenario.Row)];

    [Theory, MemberData(nameof(AllRows))]
    public async Task Both_ends_do_as_the_row_says(string row)
    {
        Requires.StrongSwan(peer);
        Requires.Of(Rows.Named(row).NotBefore, peer);
        Requires.Of(Rows.Named(row), role);
        await Requires.ApplianceAsync();
        await ScenarioRunner.RunAsync(Rows.Named(row), new Pairing(peer, role));
    }
}

[Trait("peer", "strongswan-5.9.8")]
public sealed class WeInitiateTo598Tests() : EngineRowsTests(StrongSwanRelease.Debian12, Role.WeInitiate);

[Trait("peer", "strongswan-5.9.8")]
public sealed class WeRespondTo598Tests() : EngineRowsTests(StrongSwanRelease.Debian12, Role.WeRespond);

[Trait("peer", "strongswan-6.0.1")]
public sealed class WeInitiateTo601Tests() : EngineRowsTests(StrongSwanRelease.Debian13, Role.WeInitiate);

[Trait("peer", "strongswan-6.0.1")]
public sealed class WeRespondTo601Tests() : EngineRowsTests(StrongSwanRelease.Debian13, Role.WeRespond);
