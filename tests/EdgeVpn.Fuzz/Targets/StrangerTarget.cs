using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Simulation;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>Datagrams from someone without keys, to an endpoint with a tunnel up: nothing happens that matters.</summary>
/// <remarks>Input: pieces, each one octet of choices (which port, which way in time) and a datagram.</remarks>
internal sealed class StrangerTarget : Target
{
    private const int MaxDatagrams = 32;
    private const long AllocationPerDatagram = 512 * 1024;

    public override string Name => "stranger";

    public override void Run(ReadOnlySpan<byte> octets)
    {
        var input = new Input(octets);
        using var pair = Pair.Connected(1);
        var responder = pair.Responder;
        for (var i = 0; i < MaxDatagrams && !input.IsEmpty; i++)
        {
            var choices = input.Byte();
            var datagram = input.Piece().ToArray();
            var port = (choices & 1) == 0 ? "500" : "4500";
            var path = new Path(IpEndpoint.Parse($"203.0.113.2:{port}"), IpEndpoint.Parse($"198.51.100.{choices >> 4}:{port}"));
            var before = Allocated;
            responder.Endpoint.Receive(datagram, path, pair.Now);
            MustNotExceed(AllocationPerDatagram, before, datagram.Length);
            pair.Run(TimeSpan.FromSeconds((choices >> 1) & 7));
        }

        var halfOpen = responder.Endpoint.Status().Count(static sa => sa.State == "AwaitAuth");
        Must(halfOpen <= responder.Options.MaxHalfOpenPerSource * 16, $"{halfOpen} half-open SAs");
        Must(responder.IkeSas.Count() == 1 && responder.ChildSas.Count() == 1, "a stranger ended or made an SA");
        pair.AssertPasses();
    }
}
