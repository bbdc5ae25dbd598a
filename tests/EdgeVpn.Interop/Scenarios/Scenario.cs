using System.Collections.Immutable;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>What both ends must show once the branch has asked for the tunnel.</summary>
public abstract record Expectation
{
    /// <summary>One IKE SA and one child on both ends, mirrored SPIs, echoes both ways, counted by both ends.</summary>
    public sealed record Up : Expectation
    {
        /// <summary>Selectors that both ends must show, seen from the branch; null where they are as configured.</summary>
        public ImmutableArray<string>? Local { get; init; }

        /// <inheritdoc cref="Local"/>
        public ImmutableArray<string>? Remote { get; init; }
    }

    /// <summary>No child on either end, no echo, and the fault that each end names.</summary>
    /// <param name="Notify">Sent by one end and received by the other; <c>SILENT</c> if nothing comes.</param>
    /// <param name="InitiatorReasons">Reason codes that are right for our end when it asks; more than one where the wire cannot tell them apart.</param>
    /// <param name="ResponderReasons">The same when it answers; empty where it cannot know.</param>
    public sealed record Refused(string Notify, ImmutableArray<int> InitiatorReasons, ImmutableArray<int> ResponderReasons) : Expectation;
}

/// <summary>One row of the interop table: prose, two configurations, what is expected, and what happens after that.</summary>
public sealed record Scenario
{
    /// <summary>Names the row in results and evidence: lower case, hyphens.</summary>
    public required string Row { get; init; }

    /// <summary>One sentence for the table.</summary>
    public required string Prose { get; init; }

    public TunnelEnd Branch { get; init; } = TunnelEnd.Branch;

    public TunnelEnd Cloud { get; init; } = TunnelEnd.Cloud;

    public InternetState Internet { get; init; } = new();

    public Expectation Expect { get; init; } = new Expectation.Up();

    /// <summary>The first strongSwan that can do it; null: all of them.</summary>
    public StrongSwanRelease? NotBefore { get; init; }

    /// <summary>The only role of ours in which the story can be told; null: both.</summary>
    public Role? Only { get; init; }

    /// <summary>The cloud end is not started: nobody answers.</summary>
    public bool CloudIsOff { get; init; }

    /// <summary>What the lab is like before the ends start.</summary>
    public Func<Lab, Task>? Before { get; init; }

    /// <summary>The rest of the story, on a tunnel that is up and was seen carrying traffic.</summary>
    public Func<Stage, Task>? Then { get; init; }

    public override string ToString() => Row;

    /// <summary>The same proposals on both ends.</summary>
    public Scenario With(string ike, string esp) => this with
    {
        Branch = Branch with { Ike = ike, Esp = esp },
        Cloud = Cloud with { Ike = ike, Esp = esp },
    };

    /// <summary>The same selectors on both ends, seen from the branch.</summary>
    public Scenario Between(ImmutableArray<string> local, ImmutableArray<string> remote) => this with
    {
        Branch = Branch with { LocalSelectors = local, RemoteSelectors = remote },
        Cloud = Cloud with { LocalSelectors = remote, RemoteSelectors = local },
    };
}
