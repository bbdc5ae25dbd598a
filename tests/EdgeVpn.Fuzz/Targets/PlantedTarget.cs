using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>A fault put there on purpose, behind a header, a payload chain and a value: a fuzzer that does not find it within a minute sees no coverage.</summary>
internal sealed class PlantedTarget : Target
{
    public override string Name => "planted";

    public override void Run(ReadOnlySpan<byte> input)
    {
        if (IkeHeader.TryRead(input, out var header) != WireError.None || PayloadList.TryRead(header.NextPayload, input[IkeHeader.Size..], out var list) != WireError.None) return;
        var delete = list!.Find<DeletePayload>();
        Must(delete is null || list.Count != 2, "this is the planted one");
    }
}
