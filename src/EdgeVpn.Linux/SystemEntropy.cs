namespace EdgeVpn.Linux;

/// <summary>The kernel's random generator (getrandom).</summary>
public static unsafe class SystemEntropy
{
    /// <summary>Fills <paramref name="destination"/>. Blocks once, early at boot, until the generator is seeded; then never.</summary>
    /// <exception cref="LinuxException">The kernel has no getrandom, or a sandbox forbids it: nothing that needs keys may go on.</exception>
    public static void Fill(Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            var done = 0;
            while (done < destination.Length)
            {
                var got = Libc.getrandom(start + done, (nuint)(destination.Length - done), 0);
                if (got > 0) done += (int)got; // more than 256 octets may come in pieces
                else if (Libc.LastErrno != Errno.EINTR) throw LinuxException.Last("getrandom");
            }
        }
    }
}
