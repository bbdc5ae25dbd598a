using System.Collections.Immutable;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>Takes any octets; an exception is a finding. Every run starts from the same state.</summary>
internal abstract class Target
{
    public static readonly ImmutableArray<Target> All = [new MessageTarget(), new StrangerTarget(), new PeerTarget(), new EspTarget(), new DocumentTarget(), new CertificateTarget(), new PlantedTarget()];

    /// <summary>As on the command line, and as its folder in the corpus is called.</summary>
    public abstract string Name { get; }

    /// <summary>Octets that this thread allocated up to now.</summary>
    protected static long Allocated => GC.GetAllocatedBytesForCurrentThread();

    public abstract void Run(ReadOnlySpan<byte> input);

    public static Target? Find(string name) => All.FirstOrDefault(target => target.Name == name);

    /// <summary>What a run found wrong, where nothing threw.</summary>
    protected static void Must(bool holds, string what)
    {
        if (!holds) throw new FindingException(what);
    }

    /// <summary>A message of <paramref name="octets"/> allocated at most <paramref name="most"/> since <paramref name="before"/>.</summary>
    protected static void MustNotExceed(long most, long before, int octets)
    {
        var allocated = Allocated - before;
        Must(allocated <= most, $"{allocated} octets allocated for a message of {octets}");
    }
}

/// <summary>An invariant does not hold.</summary>
internal sealed class FindingException(string what) : Exception(what);
