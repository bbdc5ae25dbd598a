using System.Runtime.InteropServices;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EdgeVpn.Benchmarks;
using EdgeVpn.Benchmarks.Gateway;
using EdgeVpn.Benchmarks.Handshakes;
using EdgeVpn.Benchmarks.Queues;
using EdgeVpn.Benchmarks.Rekeys;
using EdgeVpn.Benchmarks.Report;
using EdgeVpn.Benchmarks.Tunnels;
using EdgeVpn.Interop.Net;

const int Done = 0, Failed = 1, WrongUsage = 2, Interrupted = 130;

if (args is ["micro", .. var filters])
{
    // In this process: the other way builds a project of its own for each run, for minutes on a small machine.
    var inProcess = DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance)).WithArtifactsPath(Path.Combine(LabFolders.Artifacts, "micro"));
    BenchmarkSwitcher.FromAssembly(typeof(BenchOptions).Assembly).Run(filters, inProcess);
    return Done;
}

if (BenchOptions.TryParse(args, out var problem) is not { } options)
{
    Console.Error.WriteLine($"bench: {problem}\n\n{BenchOptions.Usage}");
    return WrongUsage;
}

if (options.Help)
{
    Console.WriteLine(BenchOptions.Usage);
    return Done;
}

if (!Environment.IsPrivilegedProcess)
{
    Console.Error.WriteLine("bench: makes network namespaces and needs root: sudo scripts/bench");
    return Failed;
}

if (Builds.OfThisTree.Missing().ToArray() is { Length: > 0 } missing)
{
    Console.Error.WriteLine("bench: " + string.Join("\nbench: ", missing));
    return Failed;
}

using var cancel = new CancellationTokenSource();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = true; // namespaces and daemons are taken down in order; a second signal changes nothing about that
    cancel.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);

try
{
    var machine = await MachineFacts.GatherAsync();
    if (machine.LoadBefore > 0.5) Console.Error.WriteLine($"bench: this machine is busy (load {machine.LoadBefore:0.00}): figures will say little");
    if (options.Handshakes > 0 || options.Many > 0 || options.Queues || options.Rekeys)
    {
        var result = options.Queues ? new QueueCost(options, Console.Error, cancel.Token).Run(Console.Out)
            : options.Rekeys ? await new RekeysUnderLoad(options, Builds.OfThisTree, Console.Error, cancel.Token).RunAsync(Console.Out)
            : options.Many > 0 ? await new ManyConnections(options, Builds.OfThisTree, Console.Error, cancel.Token).RunAsync(Console.Out)
            : await new HandshakeCost(options, Builds.OfThisTree, Console.Error, cancel.Token).RunAsync(Console.Out);
        if (options.Json is { } file) await File.WriteAllTextAsync(file, result.ToJsonString(new() { WriteIndented = true }));
        return Done;
    }

    var ciphers = await CipherTime.RunAsync(Builds.OfThisTree.Native);
    var results = await new Comparison(options, Builds.OfThisTree, Console.Error, cancel.Token).RunAsync();
    TextReport.Write(Console.Out, results, machine, ciphers);
    if (options.Json is { } json) await JsonReport.WriteAsync(json, options, results, machine, ciphers);
    if (options.Svg is { } svg) await SvgChart.WriteAsync(svg, results.Samples, machine);
    return results.Failures.Count == 0 ? Done : Failed;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("bench: interrupted; everything was taken down");
    return Interrupted;
}
