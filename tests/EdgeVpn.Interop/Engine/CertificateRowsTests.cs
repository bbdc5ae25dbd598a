using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>Every row about certificates between our daemon and a strongSwan.</summary>
public abstract class CertificateRowsTests(StrongSwanRelease peer, Role role)
{
    public static TheoryData<string> AllRows => [.. CertificateRows.All.Select(row => row.Row)];

    [Theory, MemberData(nameof(AllRows))]
    public async Task Our_end_takes_and_refuses_as_the_row_says(string row)
    {
        Requires.StrongSwan(peer);
        await Requires.ApplianceAsync();
        await CertificateRows.Named(row).RunAsync(new Pairing(peer, role));
    }
}

[Trait("peer", "strongswan-5.9.8")]
public sealed class CertificatesWeInitiateTo598Tests() : CertificateRowsTests(StrongSwanRelease.Debian12, Role.WeInitiate);

[Trait("peer", "strongswan-5.9.8")]
public sealed class CertificatesWeRespondTo598Tests() : CertificateRowsTests(StrongSwanRelease.Debian12, Role.WeRespond);

[Trait("peer", "strongswan-6.0.1")]
public sealed class CertificatesWeInitiateTo601Tests() : CertificateRowsTests(StrongSwanRelease.Debian13, Role.WeInitiate);

[Trait("peer", "strongswan-6.0.1")]
public sealed class CertificatesWeRespondTo601Tests() : CertificateRowsTests(StrongSwanRelease.Debian13, Role.WeRespond);
