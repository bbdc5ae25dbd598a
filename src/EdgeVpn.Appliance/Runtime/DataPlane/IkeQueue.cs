using EdgeVpn.Ipsec;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>What became of a message given to, or taken from, an <see cref="IkeQueue"/>.</summary>
internal enum IkeQueueOutcome
{
    Done,
    Empty,

    /// <summary>No room; the message is dropped.</summary>
    Full,

    /// <summary>The taker's buffer is too short; the message is dropped.</summary>
    TooLong,
}

/// <summary>IKE messages on their way from the receivers to the IKE thread: at most 256, at most 256 KiB.</summary>
/// <remarks>
/// A lock, because it is not the packet path. Memory is bounded and allocated once: a flood fills it, and loses the flood's own tail. Messages lie in a
/// ring, each in one piece:
/// <code>
///     |  free  | oldest … newest |  free  |     or     | … newest |  free  | oldest … |
/// </code>
/// </remarks>
internal sealed class IkeQueue(Action wake)
{
    private const int MaxMessages = 256;
    private const int RingOctets = 256 << 10; // four of the longest UDP datagrams, some hundred IKE messages

    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[RingOctets];
    private readonly (int Offset, int Length, Path Path)[] _messages = new (int, int, Path)[MaxMessages];
    private int _first;
    private int _count;
    private int _end; // where the newest message ends

    public IkeQueueOutcome Put(ReadOnlySpan<byte> message, in Path path)
    {
        bool wasEmpty;
        lock (_lock)
        {
            if (!TryFindRoom(message.Length, out var offset)) return IkeQueueOutcome.Full;
            message.CopyTo(_ring.AsSpan(offset));
            _messages[(_first + _count) % MaxMessages] = (offset, message.Length, path);
            _end = offset + message.Length;
            wasEmpty = _count++ == 0;
        }

        if (wasEmpty) wake();
        return IkeQueueOutcome.Done;
    }

    public IkeQueueOutcome Take(Span<byte> buffer, out int length, out Path path)
    {
        lock (_lock)
        {
            length = 0;
            path = default;
            if (_count == 0) return IkeQueueOutcome.Empty;
            var message = _messages[_first];
            _first = (_first + 1) % MaxMessages;
            _count--;
            if (message.Length > buffer.Length) return IkeQueueOutcome.TooLong;
            _ring.AsSpan(message.Offset, message.Length).CopyTo(buffer);
            (length, path) = (message.Length, message.Path);
            return IkeQueueOutcome.Done;
        }
    }

    // One octet always stays free before the oldest, so that a full ring does not look like an empty one.
    private bool TryFindRoom(int octets, out int offset)
    {
        offset = _end;
        if (_count == MaxMessages) return false;
        if (_count == 0)
        {
            offset = 0;
            return octets <= RingOctets;
        }

        var oldest = _messages[_first].Offset;
        if (_end < oldest) return octets < oldest - _end;
        if (octets <= RingOctets - _end) return true;
        offset = 0;
        return octets < oldest;
    }
}
