using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>Two data planes in two anonymous namespaces, joined by a veth cable; SAs with fixed keys are installed by hand.</summary>
/// <remarks>
/// <code>
///     10.1.0.1, fd01::1                                                   10.2.0.1, fd02::1
///     evdp0 [ near ] 192.0.2.1, 2001:db8::1 ── 192.0.2.2, 2001:db8::2 [ far ] evdp0
/// </code>
/// </remarks>
internal sealed class TunnelLab : IDisposable
{
    public const string Tun = "evdp0";
    public const int Mtu = 1400;

    public static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
    public static readonly EspSuite Cbc = new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128);
    public static readonly EspSuite Gmac = new(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None);
    public static readonly EspSuite ChaCha = new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None);

    public static readonly ImmutableArray<TrafficSelector> Any = [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6];


    public TunnelLab(DataPlaneOptions? options = null, bool wireSize = false, int tunMtu = Mtu)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("needs root: network namespaces and TUN interfaces");
        if (!File.Exists("/dev/net/tun")) Assert.Skip("needs /dev/net/tun");
        Near = new Side(1, options ?? new DataPlaneOptions());
        Far = new Side(2, options ?? new DataPlaneOptions());
        Near.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Links.CreateVeth("cable0", "cable0", Far.Space);
        });
        Near.Start(wireSize, tunMtu);
        Far.Start(wireSize, tunMtu);
    }

    public Side Near { get; }

    public Side Far { get; }


    /// <summary>Installs a pair of SAs on both sides; child and SPIs follow from <paramref name="number"/>.</summary>
    public void Connect(
        EspSuite suite, bool udp = true, bool ipv6Outer = false, int number = 1, int? replaces = null, bool use = true, ImmutableArray<TrafficSelector>? selectors = null)
    {
        Near.Install(suite, udp, ipv6Outer, number, replaces, use, selectors ?? Any, selectors ?? Any);
        Far.Install(suite, udp, ipv6Outer, number, replaces, use, selectors ?? Any, selectors ?? Any);
    }

    /// <summary>From now on the cable takes packets of so many octets, both ways.</summary>
    public void Narrow(int mtu)
    {
        foreach (var side in (Side[])[Near, Far])
        {
            side.Space.Run(() =>
            {
                using var netlink = RouteNetlink.Open();
                netlink.Links.SetMtu(netlink.Links.Get("cable0").Index, mtu);
            });
        }
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }

    internal sealed class Side : IDisposable
    {
        private readonly DataPlaneOptions _options;
        private int _wakes;

        public Side(int host, DataPlaneOptions options)
        {
            Host = host;
            _options = options;
            Space = NetworkNamespace.Create();
        }

        public int Host { get; }

        public int Peer => 3 - Host;

        public NetworkNamespace Space { get; }

        public IDataPlane Plane { get; private set; } = null!;


        /// <summary>How often the data plane asked for the IKE thread.</summary>
        public int Wakes => Volatile.Read(ref _wakes);

        public DataPlaneStatus Status => Plane.Status();

        public void Start(bool wireSize, int tunMtu)
        {
            Space.Run(() =>
            {
                using var netlink = RouteNetlink.Open();
                netlink.Links.SetUp(1);
                var cable = netlink.Links.Get("cable0").Index;
                netlink.Addresses.Add(cable, IPAddress.Parse($"192.0.2.{Host}"), 24);
                netlink.Addresses.Add(cable, IPAddress.Parse($"2001:db8::{Host}"), 64);
                netlink.Links.SetUp(cable);
                if (wireSize) Tool("ethtool", "-K", "cable0", "tso", "off", "gso", "off", "tx-udp-segmentation", "off", "gro", "off");
                Plane = new EspDataPlane(EspSaFactories.Create(), new KernelEntropy(), _options, () => Interlocked.Increment(ref _wakes));
                Plane.OpenTunnel(Tun, tunMtu);
                RouteTunnel(netlink);
            });
        }

        public void RouteTunnel(RouteNetlink netlink)
        {
            var tun = netlink.Links.Get(Tun).Index;
            netlink.Addresses.Add(tun, IPAddress.Parse($"10.{Host}.0.1"), 32);
            netlink.Addresses.Add(tun, IPAddress.Parse($"fd0{Host}::1"), 128);
            netlink.Routes.Add(new Route { Destination = IPNetwork.Parse($"10.{Peer}.0.0/16"), InterfaceIndex = tun });
            netlink.Routes.Add(new Route { Destination = IPNetwork.Parse($"fd0{Peer}::/64"), InterfaceIndex = tun });
        }

        public void Install(
            EspSuite suite, bool udp, bool ipv6Outer, int number, int? replaces, bool use, ImmutableArray<TrafficSelector> local, ImmutableArray<TrafficSelector> remote,
            string connection = "lab")
        {
            var path = PathTo(ipv6Outer, Peer);
            var install = new IkeOutput.InstallChildSa(
                new ChildSaId(number), new IkeSaId(1), connection, Sa(suite, number, Host), Sa(suite, number, Peer), local, remote, path, udp,
                replaces is { } old ? new ChildSaId(old) : null, use);
            Space.Run(() => Plane.Install(install, Tun));
        }

        public Path PathTo(bool ipv6, int host) => new(
            IpEndpoint.Parse(ipv6 ? $"[2001:db8::{Host}]:4500" : $"192.0.2.{Host}:4500"),
            IpEndpoint.Parse(ipv6 ? $"[2001:db8::{host}]:4500" : $"192.0.2.{host}:4500"));

        public List<IkeInput> Poll(Instant now)
        {
            var inputs = new List<IkeInput>();
            Space.Run(() => Plane.Poll(now, inputs));
            return inputs;
        }

        /// <summary>Echo requests to the other side's inner address; returns how many came back.</summary>
        public int Ping(bool ipv6 = false, int count = 5, int octets = 56, params string[] more)
        {
            // Once one was answered ping waits for the last no longer than for that one, which is nothing on a busy machine: each is asked alone, unless none is to come back.
            var (calls, each) = more.Contains("-W") ? (1, count) : (count, 1);
            var answered = 0;
            for (var i = 0; i < calls; i++)
            {
                var output = Space.Run(() => Tool("ping", ["-n", "-c", $"{each}", "-i", "0.01", "-W", "2", "-s", $"{octets}", .. more, ipv6 ? $"fd0{Peer}::1" : $"10.{Peer}.0.1"]));
                answered += output.Split('\n').Count(line => line.Contains("icmp_seq=", StringComparison.Ordinal) && line.Contains("time=", StringComparison.Ordinal));
            }

            return answered;
        }

        /// <summary>While this runs, nothing of what comes over the cable gets in.</summary>
        public void Deafly(Action act)
        {
            Assert.Equal("", Space.Run(() => Tool("nft", "add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; add rule inet deaf in iifname cable0 drop")));
            try
            {
                act();
            }
            finally
            {
                Space.Run(() => Tool("nft", "delete", "table", "inet", "deaf"));
            }
        }

        public void Dispose()
        {
            Space.Run(() => Plane?.Dispose());
            Space.Dispose();
        }

        // SPI and keys belong to the receiving host.
        private static EspSaParameters Sa(EspSuite suite, int number, int receiver)
        {
            var key = new byte[suite.EncryptionKeyOctets];
            var integrity = new byte[suite.IntegrityKeyOctets];
            key.AsSpan().Fill((byte)((16 * number) + receiver));
            for (var i = 0; i < key.Length; i++) key[i] ^= (byte)(i * 7); // 3DES refuses equal halves
            integrity.AsSpan().Fill((byte)(0x80 + (16 * number) + receiver));
            return new EspSaParameters((uint)((receiver << 16) + number), suite, new Secret(key), new Secret(integrity), ExtendedSequenceNumbers: true, ReplayWindow: 1024);
        }
    }

    /// <summary>Runs a tool in the calling thread's namespace; an exit code other than zero is not looked at.</summary>
    internal static string Tool(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + error.Result;
    }
}
