using System.Net.Sockets;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>How long inner packets may be, by the arithmetic that the data plane itself uses.</summary>
internal static class SizeRules
{
    private const int EthernetMtu = 1_500;
    private const int PppoeMtu = 1_492; // RFC 2516 §7
    private const int AzureAdvisedMtu = 1_400;
    private const int TcpIpv4Headers = 40;

    public static void Check(LintContext context)
    {
        var prediction = context.Prediction;
        ProposalSpec?[] agreed = [prediction.EspWhenBoxCalls, prediction.EspWhenAzureCalls, prediction.RekeyByBox, prediction.RekeyByAzure];
        var suites = agreed.OfType<ProposalSpec>().Select(Suite).Distinct().ToList();
        if (suites.Count == 0) return;
        var wan = context.Azure.WanMtu ?? WanMtu(context.Configuration);
        var ipv6 = context.Connection.Remote.Endpoints.Any(static e => e.Address.Address?.AddressFamily == AddressFamily.InterNetworkV6);
        var inUdp = context.IsBehindNat || context.Connection.Esp.Encapsulation == EspEncapsulation.Udp;
        var path = context.Path["tunnel"]["mtu"];
        foreach (var suite in suites)
        {
            var (plain, udp) = (suite.MaxInnerOctets(wan, ipv6, udpEncapsulated: false), suite.MaxInnerOctets(wan, ipv6, udpEncapsulated: true));
            var fits = inUdp ? udp : plain;
            context.Info(
                FindingId.TunnelMtu, path,
                $"With {Name(suite)} over a path of {wan} octets the longest inner packet has {(inUdp ? $"{udp} octets, in UDP" : $"{plain} octets, {udp} behind a NAT")}"
                    + (udp < AzureAdvisedMtu ? $"; Microsoft's tunnel MTU of {AzureAdvisedMtu} would not fit." : "."));
            if (context.Connection.Tunnel.Mtu.Octets is { } mtu && mtu > fits)
                context.Warn(FindingId.MtuTooLarge, path, $"Packets of {mtu} octets do not fit {Name(suite)} over a path of {wan}: {fits} is the most.", $"\"auto\", or {udp}, which also fits behind a NAT");
            if (context.Connection.Tunnel.MssClamp.Octets is { } mss && mss + TcpIpv4Headers > fits)
                context.Warn(FindingId.MtuTooLarge, context.Path["tunnel"]["mssClamp"], $"Segments of {mss} octets make packets of {mss + TcpIpv4Headers}; {Name(suite)} over a path of {wan} carries {fits}.", $"\"auto\", or {udp - TcpIpv4Headers}");
        }
    }

    private static int WanMtu(BoxConfig configuration) => configuration.Interfaces
        .Where(static i => i.Role == InterfaceRole.Wan)
        .Select(static i => i.Mtu ?? (i.Pppoe is null ? EthernetMtu : PppoeMtu))
        .DefaultIfEmpty(EthernetMtu).Min();

    private static string Name(EspSuite suite) => SuiteText.Of(suite, KeyExchangeMethod.None);

    private static EspSuite Suite(ProposalSpec agreed)
    {
        var encryption = agreed.Of(TransformKind.Encryption).First();
        var integrity = agreed.Of(TransformKind.Integrity).FirstOrDefault();
        return new EspSuite((EncryptionAlgorithm)encryption.Id, encryption.KeyLength, (IntegrityAlgorithm)integrity.Id);
    }
}
