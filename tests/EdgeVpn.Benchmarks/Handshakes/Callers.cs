using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Interop.Net;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Benchmarks.Handshakes;

/// <summary>Branches by the hundred, in this process: our engine as initiator on two sockets, a few calls at a time. Its own cost is not what is measured.</summary>
internal sealed class Callers : IDisposable
{
    public const string Secret = "Zq81Lkd72Mnb39Xc5TgY";
    private const int AtOnce = 8; // below what a responder takes half-open from one address
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EachMayTake = TimeSpan.FromMilliseconds(100);
    private readonly Secret _secret = new(System.Text.Encoding.ASCII.GetBytes(Secret));
    private readonly Socket _plain;
    private readonly Socket _marked;
    private readonly IkeEndpoint _engine;
    private readonly byte[] _buffer = new byte[65_536];
    private readonly string _ike;
    private readonly string _esp;
    private ImmutableArray<IkeConnection> _connections = [];
    private int _called;

    public Callers(Lab lab, string ike, string esp)
    {
        (_ike, _esp) = (ike, esp);
        var here = IPAddress.Parse(LabAddresses.BoxWan);
        _plain = NetnsSockets.Udp(lab, Node.Box, here, 500);
        _marked = NetnsSockets.Udp(lab, Node.Box, here, 4500);
        _engine = new IkeEndpoint(new KernelEntropy(), new IkeEndpointOptions { Algorithms = AlgorithmCatalogs.Create() });
    }

    /// <summary>Sets up this many SAs more; each caller has a name and a network of its own, and stays.</summary>
    /// <exception cref="TimeoutException">Not all of them came up; the message has the reason that most had.</exception>
    public void Call(int count)
    {
        var (begun, up, until) = (0, 0, Environment.TickCount64 + (long)(Patience + (count * EachMayTake)).TotalMilliseconds);
        var failures = new List<string>();
        while (up < count)
        {
            if (Environment.TickCount64 > until) throw new TimeoutException($"{up} of {count} came up: {failures.LastOrDefault() ?? "silence"}");
            for (; begun < count && begun - up < AtOnce; begun++) Begin();
            Send();
            Receive(_plain, marked: false);
            Receive(_marked, marked: true);
            _engine.Advance(Now());
            while (_engine.TryTake(out var output))
            {
                if (output is IkeOutput.InstallChildSa install)
                {
                    up++;
                    install.Inbound.EncryptionKey.Dispose();
                    install.Outbound.EncryptionKey.Dispose();
                }
                else if (output is IkeOutput.ChildSaFailed failed)
                {
                    failures.Add(failed.Reason.ToString());
                }
                else if (output is IkeOutput.IkeSaClosed { WasEstablished: false } closed)
                {
                    failures.Add(closed.Reason.ToString());
                }
            }
        }

        Send();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _plain.Dispose();
        _marked.Dispose();
        _secret.Dispose();
    }

    private static Instant Now() => new(System.Diagnostics.Stopwatch.GetElapsedTime(0).Ticks);

    private static Path PathFrom(ushort port) => new(IpEndpoint.Parse($"{LabAddresses.BoxWan}:{port}"), IpEndpoint.Parse($"{LabAddresses.GatewayWan}:{port}"));

    private void Begin()
    {
        var number = ++_called;
        var connection = new IkeConnection
        {
            Name = $"caller-{number}",
            LocalIdentity = Identification.Fqdn($"caller-{number}.lab"),
            RemoteIdentity = Identification.Fqdn("cloud.lab"),
            Credential = new AuthenticationCredential.PreSharedKey(_secret),
            IkeProposals = ProposalTranslator.ToWire(ProposalParser.ParseAll([_ike], ProposalUse.Ike)),
            EspProposals = ProposalTranslator.ToWire(ProposalParser.ParseAll([_esp], ProposalUse.Esp)),
            LocalSelectors = [TrafficSelector.Prefix(IpAddress.Parse($"10.{64 + (number >> 8)}.{number & 255}.0"), 24)],
            RemoteSelectors = [TrafficSelector.Prefix(IpAddress.Parse("10.20.0.0"), 24)],
        };
        _connections = _connections.Add(connection);
        _engine.Handle(new IkeInput.Configure(_connections), Now());
        _engine.Handle(new IkeInput.Initiate(connection.Name, PathFrom(500)), Now());
    }

    private void Send()
    {
        while (_engine.TryTransmit(_buffer.AsSpan(4), out var transmit))
        {
            var to = transmit.Path.Remote.ToIPEndPoint();
            _buffer.AsSpan(0, 4).Clear();
            if (transmit.Path.HasNonEspMarker) _marked.SendTo(_buffer.AsSpan(0, transmit.Length + 4), to);
            else _plain.SendTo(_buffer.AsSpan(4, transmit.Length), to);
        }
    }

    private void Receive(Socket socket, bool marked)
    {
        while (socket.Poll(marked ? 0 : 200, SelectMode.SelectRead))
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var length = socket.ReceiveFrom(_buffer, ref from);
            var datagram = _buffer.AsSpan(0, length);
            if (marked)
            {
                if (length < 4 || datagram[..4].IndexOfAnyExcept((byte)0) >= 0) continue; // ESP or a keepalive
                datagram = datagram[4..];
            }

            _engine.Receive(datagram, PathFrom(marked ? (ushort)4500 : (ushort)500), Now());
        }
    }
}
