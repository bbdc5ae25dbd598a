using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Simulation;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>A peer that has the keys and breaks the rules, on a live SA whose other end does things of its own.</summary>
/// <remarks>
/// Input: steps. The low four bits of an octet say what; a forged message takes exchange, message number, first payload and a piece, a forged fragment its
/// place among the others before that piece.
/// </remarks>
internal sealed class PeerTarget : Target
{
    private const int MaxSteps = 24;
    private const int MaxChildren = 8;

    /// <summary>
    /// A message costs the end that reads, answers and remembers it at most this many octets for each that was sent up to and with it, for a last fragment is read with
    /// the others, and a fixed sum.
    /// </summary>
    private const int AllocationFactor = 64;

    private const int AllocationBase = 64 * 1024;

    public override string Name => "peer";

    public override void Run(ReadOnlySpan<byte> octets)
    {
        var input = new Input(octets);
        using var pair = Pair.Connected(1, options: static o => o with { MaxChildrenPerIkeSa = MaxChildren });
        for (var i = 0; i < MaxSteps && !input.IsEmpty; i++) Step(pair, ref input);
        pair.Run(TimeSpan.FromMinutes(4)); // what the ends disagree about is deleted or found dead
        foreach (var side in pair.Sides)
        {
            var children = side.ChildSas.Count();
            Must(children <= MaxChildren * 4, $"{side.Name} has {children} children");
            Must(side.Endpoint.EspSpisInUse <= MaxChildren * 8, $"{side.Name} holds {side.Endpoint.EspSpisInUse} SPIs");
            Must(side.Endpoint.Status().Count < 16, $"{side.Name} has {side.Endpoint.Status().Count} SAs");
        }
    }

    private static void Step(Pair pair, ref Input input)
    {
        var what = input.Byte();
        var side = (what & 0x80) == 0 ? pair.Initiator : pair.Responder;
        switch (what & 0x0f)
        {
            case 0:
                side.RekeyChildren(pair.Now);
                break;
            case 1:
                side.RekeyIke(pair.Now);
                break;
            case 2:
                side.CheckLiveness(pair.Now);
                break;
            case 3:
                pair.Run(TimeSpan.FromSeconds(input.Byte()));
                break;
            case 4:
                pair.Leaving(side).DropNext();
                break;
            case 5:
                side.ExhaustChildren(pair.Now);
                break;
            default:
                Forge(pair, side, isResponse: (what & 0x40) != 0, isFragment: (what & 0x0f) == 15, ref input);
                break;
        }

        if ((what & 0x20) != 0) pair.Drive(1);
    }

    private static void Forge(Pair pair, Side side, bool isResponse, bool isFragment, ref Input input)
    {
        var exchange = (ExchangeType)input.Byte();
        var number = input.Byte();
        var first = (PayloadType)input.Byte();
        var (place, total) = isFragment ? (input.Byte(), input.Byte()) : default;
        var inner = input.Piece();
        if (side.Endpoint.Sas.LastOrDefault(static sa => sa.IsEstablished) is not { } from) return;
        var other = pair.Other(side);
        var next = isResponse ? other.Endpoint.Sas.LastOrDefault(static sa => sa.IsEstablished)?.NextRequestId - 1 ?? 0 : from.NextRequestId;
        var id = unchecked(next + (uint)(sbyte)number);
        var forged = isFragment ? Forger.SealFragment(from, exchange, isResponse, id, place, total, first, inner) : Forger.Seal(from, exchange, isResponse, id, first, inner);
        var before = Allocated;
        other.Endpoint.Receive(forged, other.Path, pair.Now);
        MustNotExceed(AllocationBase + (AllocationFactor * input.Taken), before, forged.Length);
    }
}
