using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>Every row between our daemon and a libreswan.</summary>
[Trait("peer", "libreswan-4.10")]
public abstract class LibreswanRowsTests(Role role)
{
    public static TheoryData<string> AllRows => [.. LibreswanRows.All.Select(static row => row.Row).Where(Rows.IsSelected)];

    public static TheoryData<string> AllCertificateRows => [.. LibreswanRows.WithCertificates.Select(static row => row.Row).Where(Rows.IsSelected)];

    private Pairing Pairing => new(LibreswanRelease.Debian12, role);

    [Theory, MemberData(nameof(AllRows))]
    public async Task Both_ends_do_as_the_row_says(string row)
    {
        var scenario = LibreswanRows.All.Single(one => one.Row == row);
        Requires.Libreswan();
        Requires.Of(scenario, role);
        await Requires.ApplianceAsync();
        await ScenarioRunner.RunAsync(scenario, Pairing);
    }

    [Theory, MemberData(nameof(AllCertificateRows))]
    public async Task Our_end_takes_and_refuses_certificates_as_the_row_says(string row)
    {
        Requires.Libreswan();
        await Requires.ApplianceAsync();
        await LibreswanRows.WithCertificates.Single(one => one.Row == row).RunAsync(Pairing);
    }
}

public sealed class WeInitiateToLibreswanTests() : LibreswanRowsTests(Role.WeInitiate);

public sealed class WeRespondToLibreswanTests() : LibreswanRowsTests(Role.WeRespond);
