using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Takes what the kernel says about packets that did not fit, and writes it to the paths it concerns.</summary>
internal static class PathMtuNews
{
    // Each costs a system call; what is left is taken the next time.
    private const int MaxErrors = 64;

    /// <param name="socket">Whose errors to take.</param>
    /// <param name="sas">Whose paths may be concerned.</param>
    public static void Take(DatagramSocket socket, SaTable.Snapshot sas)
    {
        for (var i = 0; i < MaxErrors && socket.TryTakeError(out var error); i++)
        {
            // What came by ICMP anyone may have sent: the kernel checks and bounds it first, then refuses a packet itself and says so here.
            if (error is not { Error: Errno.EMSGSIZE, IsFromNetwork: false, Mtu: > 0 }) continue;
            for (var k = 0; k < sas.Sas.Count; k++)
            {
                if (sas.Sas[k] is InboundSa { Pair.Path: { } path } && SocketAddresses.IsSameHost(path.Remote, error.Remote)) path.Mtu = error.Mtu;
            }
        }
    }
}
