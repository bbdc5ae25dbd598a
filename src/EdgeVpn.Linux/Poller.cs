using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>EPOLL*: what to wait for, and what happened.</summary>
[Flags]
public enum PollEvents : uint
{
    None = 0,
    Readable = 0x001,
    Urgent = 0x002,
    Writable = 0x004,
    Error = 0x008,
    HangUp = 0x010,
}

/// <summary>Something happened to what was added under <paramref name="Tag"/>.</summary>
public readonly record struct PollEvent(int Tag, PollEvents Events);

/// <summary>Waits for many descriptors and for a wake-up from another thread (epoll, level-triggered, and an eventfd).</summary>
/// <remarks>One thread waits; <see cref="Wake"/> may be called from any.</remarks>
public sealed unsafe class Poller : IDisposable
{
    private const int MaxEvents = 64;
    private const ulong WakeTag = ulong.MaxValue;

    // The kernel packs struct epoll_event { u32 events; u64 data; } on x86-64 and on no other machine.
    private static readonly int EventOctets = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventOctets - 8;

    private readonly Descriptor _epoll;
    private readonly Descriptor _wake;

    public Poller()
    {
        var epoll = Libc.epoll_create1(Libc.O_CLOEXEC);
        if (epoll < 0) throw LinuxException.Last("epoll_create1");
        _epoll = new Descriptor(epoll);
        var wake = Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (wake < 0)
        {
            var error = LinuxException.Last("eventfd");
            _epoll.Dispose();
            throw error;
        }

        _wake = new Descriptor(wake);
        Control(Libc.EPOLL_CTL_ADD, _wake, WakeTag, PollEvents.Readable);
    }

    /// <summary>Starts watching. Remove it before it is disposed.</summary>
    public void Add(Descriptor handle, int tag, PollEvents events = PollEvents.Readable) => Control(Libc.EPOLL_CTL_ADD, handle, (uint)tag, events);

    public void Modify(Descriptor handle, int tag, PollEvents events) => Control(Libc.EPOLL_CTL_MOD, handle, (uint)tag, events);

    public void Remove(Descriptor handle) => Control(Libc.EPOLL_CTL_DEL, handle, 0, PollEvents.None);

    /// <summary>Makes the current or the next wait return. Any number of wakes before a wait count as one.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wake.Number, &one, sizeof(ulong)); // EAGAIN: the counter is full, so the wake is pending anyway
    }

    /// <summary>Waits for something to happen.</summary>
    /// <param name="events">Filled from the start; at most 64 per call.</param>
    /// <param name="timeout">Rounded up to milliseconds; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    /// <param name="isWoken">Somebody called <see cref="Wake"/>.</param>
    /// <returns>How many events; zero after the timeout, a wake-up alone, or a signal.</returns>
    public int Wait(Span<PollEvent> events, TimeSpan timeout, out bool isWoken)
    {
        var buffer = stackalloc byte[MaxEvents * 16];
        isWoken = false;
        // One more than asked for, as the wake-up may be among them.
        var got = Libc.epoll_wait(_epoll.Number, buffer, Math.Min(events.Length + 1, MaxEvents), Milliseconds(timeout));
        if (got < 0)
        {
            var error = Libc.LastErrno;
            return error == Errno.EINTR ? 0 : throw new LinuxException("epoll_wait", error);
        }

        var count = 0;
        for (var i = 0; i < got; i++)
        {
            var at = buffer + (i * EventOctets);
            var tag = *(ulong*)(at + DataOffset);
            if (tag == WakeTag)
            {
                isWoken = true;
                ulong ignored;
                _ = Libc.read(_wake.Number, &ignored, sizeof(ulong));
            }
            else if (count < events.Length) // level-triggered: what does not fit is told again
            {
                events[count++] = new PollEvent((int)tag, (PollEvents)(*(uint*)at));
            }
        }

        GC.KeepAlive(this);
        return count;
    }

    public void Dispose()
    {
        _wake.Dispose();
        _epoll.Dispose();
    }

    /// <summary>Whether a read would return at once.</summary>
    internal static bool IsReadable(Descriptor handle)
    {
        var descriptor = new Libc.PollDescriptor { Fd = handle.Number, Events = 1 };
        return Libc.poll(&descriptor, 1, 0) > 0;
    }

    private void Control(int operation, Descriptor handle, ulong tag, PollEvents events)
    {
        var ev = stackalloc byte[16];
        *(uint*)ev = (uint)events;
        *(ulong*)(ev + DataOffset) = tag;
        if (Libc.epoll_ctl(_epoll.Number, operation, handle.Number, ev) < 0) throw LinuxException.Last("epoll_ctl");
    }

    private static int Milliseconds(TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero) return -1;
        var rounded = (timeout.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        return (int)Math.Min(rounded, int.MaxValue);
    }
}
