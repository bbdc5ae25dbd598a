using System.Buffers.Binary;
using System.Net;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using ConnectionMode = EdgeVpn.Model.Configuration.ConnectionMode;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Capture;

/// <summary>Two engines that talk over a wire without loss; the box's end is recorded as the IKE loop does it.</summary>
internal sealed class RecordedPair : IDisposable
{
    private readonly IkeEndpoint _box;
    private readonly IkeEndpoint _cloud;
    private readonly byte[] _buffer = new byte[65_535];
    private readonly Instant _now = new(1);

    public RecordedPair(FlightRecorder recorder, ushort port, string ike, string esp)
    {
        Recorder = recorder;
        _box = Make("198.51.100.7", "203.0.113.20", ConnectionMode.Initiator, ike, esp);
        _cloud = Make("203.0.113.20", "198.51.100.7", ConnectionMode.Responder, ike, esp);
        _box.Handle(new IkeInput.Initiate("hub", new Path(IpEndpoint.Parse($"198.51.100.7:{port}"), IpEndpoint.Parse($"203.0.113.20:{port}"))), _now);
        Talk();
    }

    public FlightRecorder Recorder { get; }

    public List<IkeOutput.InstallChildSa> Children { get; } = [];

    public IReadOnlyList<IkeOutput.KeysExported> Keys => _box.LiveKeys();

    public KeyLoan Loan { get; } = new();

    public void Rekey()
    {
        _box.Handle(new IkeInput.RekeyChildren("hub"), _now);
        Talk();
    }

    public LentKeys Lend() => Loan.Lend(Keys, TimeSpan.FromMinutes(1), _now);

    /// <summary>What the box sends of an inner packet: sealed by its newest child SA, as it stands on the wire.</summary>
    public CapturedPacket Sealed(byte[] inner)
    {
        var child = Children[^1];
        using var sa = EspSaFactory.Default.Outbound(child.Outbound, new KernelEntropy());
        var esp = new byte[1_500];
        if (sa.Seal(inner, esp, out var length) != EspRefusal.None) throw new InvalidOperationException("It was refused.");
        var inUdp = child.Path.HasNonEspMarker;
        var packet = new byte[20 + (inUdp ? 8 : 0) + length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        (packet[8], packet[9]) = (64, inUdp ? (byte)17 : (byte)50);
        child.Path.Local.Address.ToIPAddress().TryWriteBytes(packet.AsSpan(12), out _);
        child.Path.Remote.Address.ToIPAddress().TryWriteBytes(packet.AsSpan(16), out _);
        if (inUdp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), 4500);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), 4500);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), (ushort)(8 + length));
        }

        esp.AsSpan(0, length).CopyTo(packet.AsSpan(packet.Length - length));
        return new CapturedPacket(DateTimeOffset.UnixEpoch, PacketDirection.Out, packet, packet.Length, ["sealed"]);
    }

    public void Dispose()
    {
        _box.Dispose();
        _cloud.Dispose();
    }

    private void Talk()
    {
        for (var turn = 0; turn < 50; turn++)
        {
            Serve(_box, isBox: true);
            while (_box.TryTransmit(_buffer, out var sent))
            {
                var octets = _buffer.AsSpan(0, sent.Length).ToArray();
                Recorder.Datagram(octets, sent.Path, sent: true);
                _cloud.Receive(octets, new Path(sent.Path.Remote, sent.Path.Local), _now);
            }

            Serve(_cloud, isBox: false);
            while (_cloud.TryTransmit(_buffer, out var answer))
            {
                var octets = _buffer.AsSpan(0, answer.Length).ToArray();
                var path = new Path(answer.Path.Remote, answer.Path.Local);
                Recorder.Datagram(octets, path, sent: false);
                _box.Receive(octets, path, _now);
            }
        }
    }

    private void Serve(IkeEndpoint endpoint, bool isBox)
    {
        while (endpoint.TryTake(out var output))
        {
            if (!isBox) continue;
            if (output is IkeOutput.MessageSeen seen)
            {
                Recorder.Message(seen, $"{(seen.Sent ? "-->" : "<--")} {seen.Exchange} {seen.MessageId} {{ {string.Join(", ", seen.Payloads)} }}");
            }
            else if (output is IkeOutput.InstallChildSa child)
            {
                Children.Add(child);
                Loan.See(child, _now);
            }
        }
    }

    private IkeEndpoint Make(string local, string remote, ConnectionMode mode, string ike, string esp)
    {
        var config = new BoxConfig
        {
            Connections =
            [
                new ConnectionConfig
                {
                    Name = "hub",
                    Mode = mode,
                    Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse(remote)) }], Networks = [IPNetwork.Parse("10.20.0.0/16")] },
                    Authentication = new PskAuthentication { Secret = "hub" },
                    Ike = new IkeConfig { Proposals = [ike] },
                    Esp = new EspConfig { Proposals = [esp] },
                },
            ],
            Secrets = System.Collections.Immutable.ImmutableDictionary<string, SecretConfig>.Empty.Add("hub", new SecretConfig { Psk = new SecretText("Zq81Lkd72Mnb39Xc5TgY") }),
        };
        var plan = ConnectionPlan.Of(config).Single();
        var endpoint = new IkeEndpoint(new KernelEntropy(), new IkeEndpointOptions { Algorithms = AlgorithmCatalog.Default });
        endpoint.Handle(new IkeInput.Configure([plan.ToEngine(plan.Endpoints[0], [IPAddress.Parse(remote)], IPAddress.Parse(local), new CredentialStore(new CertificateSource(null)).Of(plan), CredentialStore.PpkOf(plan), AlgorithmCatalog.Default)]), _now);
        return endpoint;
    }
}
