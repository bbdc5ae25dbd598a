using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>One message of the peer's that comes in fragments; each was authenticated before it gets here (RFC 7383 §2.6).</summary>
/// <remarks>Bounded: one message at a time, <see cref="MaxFragments"/> fragments, <see cref="MaxOctets"/> octets, <see cref="Patience"/>.</remarks>
internal sealed class FragmentBuffer
{
    public const int MaxFragments = 64;

    /// <summary>As much as an unfragmented message could hold.</summary>
    public const int MaxOctets = 65_535;

    /// <summary>From the first fragment on: the peer's retransmissions are over by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private uint _messageId;
    private byte[]?[] _parts = [];
    private PayloadType _first;
    private int _missing;
    private int _octets;

    /// <summary>When what was collected is dropped; <see cref="Instant.Never"/> if there is nothing.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    /// <summary>Keeps a fragment.</summary>
    /// <param name="first">The message's first payload, in fragment 1.</param>
    /// <param name="whole">The inner chain, once every fragment is here.</param>
    /// <returns>Whether the message is whole.</returns>
    public bool Add(
        uint messageId, ushort number, ushort total, PayloadType first, ReadOnlySpan<byte> plaintext, Instant now, out byte[] whole)
    {
        whole = [];
        if (total > MaxFragments) return false;
        if (messageId != _messageId || total > _parts.Length || now >= Deadline) Begin(messageId, total, now); // more fragments: smaller ones, sent anew
        if (total < _parts.Length || _parts[number - 1] is not null) return false;
        if (_octets + plaintext.Length > MaxOctets)
        {
            Clear();
            return false;
        }

        _parts[number - 1] = plaintext.ToArray();
        _octets += plaintext.Length;
        if (number == 1) _first = first;
        if (--_missing > 0) return false;
        whole = new byte[_octets];
        var at = 0;
        foreach (var part in _parts)
        {
            part!.CopyTo(whole, at);
            at += part.Length;
        }

        First = _first;
        Clear();
        return true;
    }

    /// <summary>The first payload of the message that became whole last.</summary>
    public PayloadType First { get; private set; }

    public void Clear()
    {
        (_parts, _missing, _octets) = ([], 0, 0);
        Deadline = Instant.Never;
    }

    private void Begin(uint messageId, int total, Instant now)
    {
        _messageId = messageId;
        (_parts, _missing, _octets) = (new byte[]?[total], total, 0);
        Deadline = now + Patience;
    }
}
