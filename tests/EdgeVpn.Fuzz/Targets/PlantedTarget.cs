using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>A fault put there on purpose: a Delete of one ESP SA.</summary>
/// <remarks>
/// From the seed it is three single octets away (protocol, SPI size, count), and each of them reaches a new branch of the reader: who sees coverage takes seconds, who does
/// not would need all three at once.
/// </remarks>
internal sealed class PlantedTarget : Target
{
    public override string Name => "planted";

    public override void Run(ReadOnlySpan<byte> input)
    {
        Must(DeletePayload.TryRead(input, out var delete) != WireError.None || delete is not { Protocol: ProtocolId.Esp, Spis.Length: > 0 }, "this is the planted one");
    }
}
