using System.Buffers.Binary;
using System.Net.Sockets;

namespace EdgeVpn.SetupPage.Seam;

/// <summary>Frames over a stream socket: four octets of length, least significant first, then so many octets.</summary>
/// <remarks>One reader; any number of writers.</remarks>
/// <param name="maxOctets">Of a frame that comes; a longer one ends the line.</param>
internal sealed class FrameLine(Socket socket, int maxOctets) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <returns>Null: the other end closed, or sent what is no frame.</returns>
    public async Task<byte[]?> ReadAsync(CancellationToken stop)
    {
        try
        {
            var head = new byte[sizeof(uint)];
            await _stream.ReadExactlyAsync(head, stop).ConfigureAwait(false);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(head);
            if (length > maxOctets) return null;
            var frame = new byte[length];
            await _stream.ReadExactlyAsync(frame, stop).ConfigureAwait(false);
            return frame;
        }
        catch (IOException)
        {
            return null; // EndOfStreamException is one, too
        }
    }

    /// <param name="frame">As <see cref="FrameWriter"/> made it.</param>
    /// <exception cref="IOException">The other end is gone.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken stop)
    {
        await _writing.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(frame, CancellationToken.None).ConfigureAwait(false); // half a frame would be the end of the line
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Nothing more will be written: the other end reads on to the end.</summary>
    public void Finish() => socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _stream.Dispose();
        _writing.Dispose();
    }
}
