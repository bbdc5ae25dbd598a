using System.Net.Sockets;

namespace EdgeVpn.Appliance.Local;

internal enum LineEnd
{
    /// <summary>A whole line.</summary>
    Line,

    /// <summary>The other end closed.</summary>
    Closed,

    /// <summary>Longer than allowed; nothing after it can be read.</summary>
    TooLong,
}

/// <param name="End">What came.</param>
/// <param name="Octets">The line without its break; valid until the next read.</param>
internal readonly record struct LineRead(LineEnd End, ReadOnlyMemory<byte> Octets);

/// <summary>Cuts what comes from a stream socket into lines of bounded length.</summary>
internal sealed class LineReader(Socket socket, int maxOctets)
{
    private const int FirstBuffer = 4096;

    private byte[] _buffer = new byte[Math.Min(FirstBuffer, maxOctets + 1)];
    private int _start;
    private int _end;

    /// <summary>The next line. What stands after the last break when the other end closes counts as a line.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async ValueTask<LineRead> ReadAsync(CancellationToken cancel)
    {
        for (var searched = _start; ;)
        {
            var found = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (found >= 0) return Take(searched + found, skip: 1);
            if (_end - _start > maxOctets) return new(LineEnd.TooLong, default);
            MakeRoom();
            searched = _end;
            var got = await socket.ReceiveAsync(_buffer.AsMemory(_end), cancel).ConfigureAwait(false);
            if (got == 0) return _end > _start ? Take(_end, skip: 0) : new(LineEnd.Closed, default);
            _end += got;
        }
    }

    private LineRead Take(int end, int skip)
    {
        var line = _buffer.AsMemory(_start, end - _start);
        _start = end + skip;
        return line.Length > maxOctets ? new(LineEnd.TooLong, default) : new(LineEnd.Line, line);
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, (int)Math.Min(maxOctets + 1L, _buffer.Length * 2L));
    }
}
