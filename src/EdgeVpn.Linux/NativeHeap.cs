namespace EdgeVpn.Linux;

/// <summary>glibc's heap of this process.</summary>
public static class NativeHeap
{
    private const int M_ARENA_MAX = -8; // malloc.h

    /// <summary>Gives free pages back to the system.</summary>
    public static void Trim() => _ = Libc.malloc_trim(0);

    /// <summary>One arena for every thread from now on, instead of one for each: the few that allocate do not meet, and an arena keeps what it ever held.</summary>
    public static void UseOneArena() => _ = Libc.mallopt(M_ARENA_MAX, 1);
}
