using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;

namespace EdgeVpn.Interop.SelfCheck;

/// <summary>Every row between two strongSwans: what fails here is the lab or the row, not our engine.</summary>
[Trait("peer", "self-check")]
public abstract class StrongSwanRowsTests(StrongSwanRelease cloud, StrongSwanRelease branch)
{
    public static TheoryData<string> AllRows => [.. Rows.Selected.Select(scenario => scenario.Row)];

    [Theory, MemberData(nameof(AllRows))]
    public Task Both_ends_do_as_the_row_says(string row)
    {
        Requires.StrongSwan(cloud);
        Requires.StrongSwan(branch);
        Requires.Of(Rows.Named(row).NotBefore, cloud, branch);
        Requires.Of(Rows.Named(row), Role.SelfCheck);
        return ScenarioRunner.RunAsync(Rows.Named(row), new Pairing(cloud, Role.SelfCheck) { SelfCheckBranch = branch });
    }
}

public sealed class StrongSwan598RowsTests() : StrongSwanRowsTests(StrongSwanRelease.Debian12, StrongSwanRelease.Debian12);

public sealed class StrongSwan601RowsTests() : StrongSwanRowsTests(StrongSwanRelease.Debian13, StrongSwanRelease.Debian12);
