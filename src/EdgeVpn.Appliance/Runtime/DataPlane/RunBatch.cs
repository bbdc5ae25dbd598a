using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Sealed packets on their way out. Equal ones to one peer stand together and leave as one UDP_SEGMENT send; raw ESP leaves one by one.</summary>
/// <remarks>
/// <code>
///     a slot:  | packet | packet | packet | shorter |      a shorter packet ends the run
/// </code>
/// Reserve, seal into the room, Add: the packet is never copied. One thread.
/// </remarks>
internal sealed class RunBatch : IDisposable
{
    private readonly SendBatch _batch;
    private readonly SaTable _sas;
    private readonly Drops _drops;
    private readonly bool _joins;
    private DatagramSocket? _socket;
    private PeerPath? _path;
    private byte _trafficClass;
    private int _octets; // of the run that is being written
    private int _segmentOctets;
    private int _segments;
    private bool _isEnded;

    /// <param name="joins">UDP; else every packet is a message of its own.</param>
    /// <param name="messages">At most so many per system call.</param>
    /// <param name="sas">Whose paths learn from refused sends.</param>
    /// <param name="drops">The owner's counters.</param>
    public RunBatch(bool joins, int messages, SaTable sas, Drops drops)
    {
        _joins = joins;
        _batch = new SendBatch(messages);
        _sas = sas;
        _drops = drops;
    }

    /// <summary>Octets waiting for <see cref="Flush"/>.</summary>
    public int PendingOctets { get; private set; }

    /// <summary>Room for one packet, in its run if it fits one. May send what waits.</summary>
    /// <param name="socket">What <paramref name="path"/> leaves through.</param>
    /// <param name="path">Where to.</param>
    /// <param name="trafficClass">Of the outer header.</param>
    /// <param name="octets">Exactly what will be added, if anything.</param>
    public Span<byte> Reserve(DatagramSocket socket, PeerPath path, byte trafficClass, int octets)
    {
        if (_segments > 0 && !Joins(socket, path, trafficClass, octets)) CommitRun();
        if (_socket != socket || _batch.IsFull) Flush();
        _socket = socket;
        _path = path;
        _trafficClass = trafficClass;
        return _batch.Next[_octets..];
    }

    /// <summary>Takes the packet that was written to the reserved room.</summary>
    public void Add(int octets)
    {
        if (_segments == 0) _segmentOctets = octets;
        _isEnded = octets < _segmentOctets;
        _octets += octets;
        _segments++;
        PendingOctets += octets;
    }

    /// <summary>Sends all that waits.</summary>
    public void Flush()
    {
        CommitRun();
        if (_batch.Count == 0) return;
        var result = _socket!.Send(_batch);
        if (result.SegmentationGivenUp) _drops.Count(Drop.GsoGivenUp);
        if (result.Error == Errno.EMSGSIZE)
        {
            _drops.Count(Drop.TxPathMtu, result.Refused);
            PathMtuNews.Take(_socket, _sas.Current);
        }
        else if (result.Error != Errno.None)
        {
            _drops.Count(Drop.TxSendRefused, result.Refused);
        }

        _batch.Clear();
        PendingOctets = 0;
    }

    /// <summary>Sends all that waits, and lets this machine cut what does not fit the path. What other threads send meanwhile goes without DF too: no harm.</summary>
    public void FlushInFragments()
    {
        _socket!.SetMtuDiscover(MtuDiscover.Dont);
        Flush();
        _socket.SetMtuDiscover(MtuDiscover.Do);
    }

    public void Dispose() => _batch.Dispose();

    private bool Joins(DatagramSocket socket, PeerPath path, byte trafficClass, int octets) =>
        _joins && !_isEnded && socket == _socket && path == _path && trafficClass == _trafficClass
        && octets <= _segmentOctets && _segments < SendBatch.MaxSegments && _octets + octets <= SendBatch.MaxRunOctets;

    private void CommitRun()
    {
        if (_segments > 0) _batch.Commit(_octets, _segmentOctets, _path!.Remote, _path.Local, _trafficClass);
        _octets = _segments = 0;
        _isEnded = false;
    }
}
