using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Benchmarks.Report;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Queues;

/// <summary>What a second queue costs the first: the work of a queue's threads, alone and two at once, with an SA each and with one between them.</summary>
/// <remarks>In this process and by the threads' own processor time: load generators, interrupts and neighbours stay out. What two queues share is the tables, the caches, the
/// memory, and under one SA its numbering and its replay window.</remarks>
internal sealed class QueueCost(BenchOptions options, TextWriter progress, CancellationToken stop)
{
    private const int Sas = 2;

    public JsonObject Run(TextWriter output)
    {
        var rounds = new List<(double Alone, double Each, double Shared)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            rounds.Add((Measure([0]), Measure([0, 1]), Measure([0, 0])));
            var (alone, each, shared) = rounds[^1];
            progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}/{options.Rounds} [ns]: one {alone:0}, two {each:0}, two on one SA {shared:0}"));
        }

        var (one, two, together) = (Median(r => r.Alone), Median(r => r.Each), Median(r => r.Shared));
        var (ratio, sharedRatio) = (Median(r => r.Each / r.Alone), Median(r => r.Shared / r.Alone));
        output.WriteLine("Processor time of a queue's work per packet of 1,360 octets, sealed and opened again, without the kernel; AES-256-GCM");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one queue                      {one,7:0} ns"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"two queues, an SA each         {two,7:0} ns   {ratio:0.00} of one (median within rounds)"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"two queues, one SA for both    {together,7:0} ns   {sharedRatio:0.00}"));
        return new JsonObject { ["oneQueueNanoseconds"] = one, ["twoQueuesNanoseconds"] = two, ["twoQueuesOneSaNanoseconds"] = together, ["ratio"] = ratio, ["ratioOneSa"] = sharedRatio };

        double Median(Func<(double Alone, double Each, double Shared), double> of) => Standing.Median(rounds.Select(of));
    }

    /// <param name="sas">For each worker, the SA it works under.</param>
    private double Measure(int[] sas)
    {
        using var keys = new Keys();
        var nanoseconds = new double[sas.Length];
        using var together = new Barrier(sas.Length);
        var threads = sas.Select((sa, index) => new Thread(() =>
        {
            var worker = new Worker(keys.Selectors, keys.Outbound, keys.Inbound.Current, Destination(sa));
            together.SignalAndWait();
            nanoseconds[index] = worker.Pump(TimeSpan.FromSeconds(options.Seconds));
        })).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return nanoseconds.Average();
    }

    private static int Destination(int sa) => 0x0A14_0001 + (sa << 8);

    /// <summary>Both directions of every SA, in the tables.</summary>
    private sealed class Keys : IDisposable
    {
        private readonly List<IEspInbound> _inbound = [];

        public Keys()
        {
            var selectors = new List<EspSelectors>();
            IEntropy entropy = new KernelEntropy();
            var suite = new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
            var factory = EspSaFactories.Create();
            for (var sa = 0; sa < Sas; sa++)
            {
                using var key = new Secret(entropy.Octets(suite.EncryptionKeyOctets));
                using var none = new Secret(0);
                // 32-bit numbers: with extended ones a packet that the other worker left behind by more than the window is taken for one of the
                // next 2^32 and fails its ICV (RFC 4303 §A2.1), which could not be told from a wrong one.
                var parameters = new EspSaParameters((uint)(0x1001 + sa), suite, key, none, ExtendedSequenceNumbers: false, ReplayWindow: 4096);
                var branch = TrafficSelector.Prefix(new IpAddress(0x0A0A_0000, false), 24);
                var cloud = TrafficSelector.Prefix(new IpAddress((uint)(Destination(sa) & ~255), false), 24);
                selectors.Add(new EspSelectors([branch], [cloud]));
                Outbound.Add(factory.Outbound(parameters, entropy));
                _inbound.Add(factory.Inbound(parameters, new EspSelectors([cloud], [branch])));
                if (!Inbound.TryAdd(_inbound[^1])) throw new InvalidOperationException("The SPI is taken.");
            }

            Selectors = new SelectorTable(selectors);
        }

        public SelectorTable Selectors { get; }

        /// <summary>By the slots of <see cref="Selectors"/>.</summary>
        public List<IEspOutbound> Outbound { get; } = [];

        public SaTable Inbound { get; } = new();

        public void Dispose()
        {
            foreach (IDisposable sa in Outbound.Concat<IDisposable>(_inbound)) sa.Dispose();
        }
    }
}
