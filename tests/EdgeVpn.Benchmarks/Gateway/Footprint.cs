using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Gateway;

/// <summary>What one process holds (proc(5)).</summary>
/// <param name="Threads">Of all kinds.</param>
/// <param name="Anonymous">Octets of memory that are its alone: heaps, stacks, buffers.</param>
/// <param name="FileBacked">Octets of executables and libraries that happen to be in memory; the kernel may drop them at any time.</param>
internal readonly record struct Footprint(int Threads, long Anonymous, long FileBacked)
{
    public long Resident => Anonymous + FileBacked;

    public static Footprint Of(Daemon daemon)
    {
        var status = File.ReadAllLines($"/proc/{daemon.ProcessId}/status");
        return new Footprint((int)Number("Threads:"), Number("RssAnon:") * 1024, (Number("RssFile:") + Number("RssShmem:")) * 1024);

        long Number(string name) => long.Parse(
            status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    public JsonObject ToJson() => new() { ["threads"] = Threads, ["anonymousOctets"] = Anonymous, ["fileBackedOctets"] = FileBacked };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Threads} threads, {Resident / 1e6:0.0} MB ({Anonymous / 1e6:0.0} anonymous, {FileBacked / 1e6:0.0} of files)");
}
