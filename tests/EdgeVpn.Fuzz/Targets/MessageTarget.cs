using EdgeVpn.Ipsec.Wire;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>One message in clear: what is read can be written, and reads the same again.</summary>
internal sealed class MessageTarget : Target
{
    /// <summary>A message costs its reader at most this many octets for each of its own, and a fixed sum.</summary>
    private const int AllocationFactor = 64;

    private const int AllocationBase = 64 * 1024;

    public override string Name => "message";

    public override void Run(ReadOnlySpan<byte> input)
    {
        var before = Allocated;
        if (IkeHeader.TryRead(input, out var header) != WireError.None) return;
        var chain = input[IkeHeader.Size..];
        if (PayloadList.TryRead(header.NextPayload, chain, out var list) != WireError.None) return;
        MustNotExceed(AllocationBase + (AllocationFactor * (long)input.Length), before, input.Length);

        if (list!.EncryptedPayload is not null) return; // what follows is not readable yet
        var written = PayloadChain.WriteMessage(header, [.. list]);
        Must(IkeHeader.TryRead(written, out var again) == WireError.None, "what was written has no header");
        Must(PayloadList.TryRead(again.NextPayload, written.AsSpan(IkeHeader.Size), out var second) == WireError.None, "what was written is not read");
        Must(second!.Count == list.Count, "payloads were lost");
        var twice = PayloadChain.WriteMessage(again, [.. second]);
        Must(written.AsSpan().SequenceEqual(twice), "what is read is not what was written");
    }
}
