namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>What a load measures.</summary>
internal enum Kind
{
    /// <summary>iperf3 TCP, parameter: streams. Value: Gbit/s received.</summary>
    Tcp,

    /// <summary>The highest rate of datagrams that loses less than a thousandth, parameter: payload octets. Value: thousand packets per second.</summary>
    Udp,

    /// <summary>Median round trip of an echo, parameter: 0 idle, 1 beside a TCP stream. Value: milliseconds.</summary>
    RoundTrip,
}

/// <summary>One line of the result.</summary>
/// <param name="Rounds">In how many of the rounds it is taken, the first ones.</param>
internal sealed record Measure(Kind Kind, int Parameter, Wire Wire, string Suite, int Rounds)
{
    public string Key => $"{Load}/{Wire.Name()}/{Suite}";

    public string Load => Kind switch
    {
        Kind.Tcp => $"tcp{Parameter}",
        Kind.Udp => $"udp{Parameter}",
        _ => Parameter == 0 ? "rtt-idle" : "rtt-loaded",
    };

    public string Unit => Kind switch { Kind.Tcp => "Gbit/s", Kind.Udp => "kpps", _ => "ms" };

    public string Title => Kind switch
    {
        Kind.Tcp => Parameter == 1 ? "TCP, 1 stream" : $"TCP, {Parameter} streams",
        Kind.Udp => $"UDP, {Parameter} octets, < 0.1 % lost",
        _ => Parameter == 0 ? "round trip, idle" : "round trip beside a TCP stream",
    };

    /// <summary>Whether more is better.</summary>
    public bool IsRate => Kind != Kind.RoundTrip;
}

/// <summary>Seconds of processor time.</summary>
/// <param name="User">Of the daemons of both ends, in their own code.</param>
/// <param name="System">Of those, in the kernel.</param>
/// <param name="Machine">Of everything on the machine, the load generator and interrupts included.</param>
internal readonly record struct CpuTime(double User, double System, double Machine)
{
    public double Daemons => User + System;

    public static CpuTime operator -(CpuTime a, CpuTime b) => new(a.User - b.User, a.System - b.System, a.Machine - b.Machine);
}

/// <summary>One measure of one contender in one round.</summary>
/// <param name="Value">In the measure's unit.</param>
/// <param name="Gigabits">What arrived during the sample; zero where that says nothing.</param>
/// <param name="Packets">Data packets that arrived; zero where not known.</param>
/// <param name="Retransmits">TCP only.</param>
/// <param name="Allocated">Octets that both ends allocated meanwhile; null for what does not tell.</param>
internal sealed record Sample(
    int Round, string Contender, Measure Measure, double Value, CpuTime Cpu, double Gigabits, double Packets, long Retransmits, long? Allocated)
{
    /// <summary>Gbit per second of the daemons' processor time; NaN without daemons.</summary>
    public double GigabitsPerDaemonSecond => Cpu.Daemons > 0 ? Gigabits / Cpu.Daemons : double.NaN;

    /// <summary>Gbit per second of processor time of the whole machine.</summary>
    public double GigabitsPerMachineSecond => Gigabits / Cpu.Machine;

    /// <summary>Nanoseconds of a daemon's time per data packet and end.</summary>
    public double NanosecondsPerPacket => Packets > 0 ? Cpu.Daemons / 2 / Packets * 1e9 : double.NaN;
}
