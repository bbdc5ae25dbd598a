using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Simulation;

/// <summary>The part of a shell that does an engine's slow work: each piece takes a while of its own, by seed.</summary>
internal sealed class SlowShell(ulong seed)
{
    private readonly SeededEntropy _chance = new(seed ^ 0x510_3051);
    private readonly List<(Instant At, Func<IkeInput> Work)> _away = [];

    /// <summary>Whose key it signs with.</summary>
    public string Name { get; set; } = "";

    /// <summary>The longest that a piece takes.</summary>
    public TimeSpan Longest { get; set; } = TimeSpan.FromMilliseconds(120);

    /// <summary>Pieces that never come back.</summary>
    public bool IsStuck { get; set; }

    /// <summary>Every result is handed over twice.</summary>
    public bool ReturnsTwice { get; set; }

    /// <summary>Pieces taken so far.</summary>
    public int Taken { get; private set; }

    public bool IsIdle => _away.Count == 0;

    public Instant NextReturn => _away.Count == 0 ? Instant.Never : _away.Min(static piece => piece.At);

    public void Take(IkeOutput output, Instant now)
    {
        Func<IkeInput>? work = output switch
        {
            IkeOutput.Agree agree => () => new IkeInput.Agreed(agree.Work, agree.Agreement.Compute()),
            IkeOutput.Sign sign => () => new IkeInput.Signed(sign.Work, ToyCertificates.Sign(Name, sign)),
            IkeOutput.VerifyPeer verify => () => new IkeInput.PeerVerified(verify.Work, ToyCertificates.Verify(verify)),
            _ => null,
        };
        if (work is null) return;
        Taken++;
        if (!IsStuck) _away.Add((now + (_chance.Unit() * Longest), work));
        if (ReturnsTwice) _away.Add((now + (_chance.Unit() * Longest), work));
    }

    /// <summary>A piece that is done by now.</summary>
    public bool TryReturn(Instant now, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IkeInput? input)
    {
        input = null;
        var index = _away.FindIndex(piece => piece.At <= now);
        if (index < 0) return false;
        input = _away[index].Work();
        _away.RemoveAt(index);
        return true;
    }

    /// <summary>A power cut.</summary>
    public void Forget() => _away.Clear();
}
