namespace EdgeVpn.Linux;

/// <summary>What the kernel knows of its wall clock (adjtimex(2)).</summary>
public static unsafe class KernelClock
{
    private const int TimexOctets = 208; // sizeof(struct timex) where a long has 64 bits
    private const int StatusOffset = 40; // modes, offset, freq, maxerror, esterror come before it
    private const int STA_UNSYNC = 0x40;

    /// <summary>Somebody disciplines the clock by a better one. False also where that cannot be asked: a sandbox may forbid it even for reading.</summary>
    public static bool IsSynchronized
    {
        get
        {
            var timex = stackalloc byte[TimexOctets];
            new Span<byte>(timex, TimexOctets).Clear(); // modes 0: nothing is set
            return Libc.adjtimex(timex) >= 0 && (*(int*)(timex + StatusOffset) & STA_UNSYNC) == 0;
        }
    }
}
