using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>
/// As responder: the keys of an SA whose group is slow. They are made when the peer's next message comes: it shows that the peer receives where it
/// says it is, so a stranger who only writes sender addresses costs us nothing but a public value.
/// </summary>
internal sealed class LaterKeys(IkeSuite suite, AgreeErrand agreement, byte[] ni, byte[] nr) : IDisposable
{
    /// <summary>What waits for the keys: one request, or the fragments of one.</summary>
    private const int MaxDatagrams = FragmentBuffer.MaxFragments;

    private const int MaxOctets = FragmentBuffer.MaxOctets;
    private readonly List<(byte[] Datagram, Path Path)> _waiting = [];
    private int _octets;

    public IkeSuite Suite => suite;

    public AgreeErrand Agreement => agreement;

    public byte[] Ni => ni;

    public byte[] Nr => nr;

    /// <summary>Datagrams in the order in which they came.</summary>
    public IReadOnlyList<(byte[] Datagram, Path Path)> Waiting => _waiting;

    /// <summary>Keeps a datagram until there are keys; beyond the bounds it is dropped, and retransmission repairs it.</summary>
    public void Keep(ReadOnlySpan<byte> datagram, Path path)
    {
        if (_waiting.Count >= MaxDatagrams || _octets + datagram.Length > MaxOctets) return;
        _waiting.Add((datagram.ToArray(), path));
        _octets += datagram.Length;
    }

    public void Dispose() => agreement.Dispose();
}
