using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Simulation;

/// <summary>One end: an endpoint, and a shell that only records what it was told to install.</summary>
internal sealed class Side : IDisposable
{
    private readonly SeededEntropy _entropy;
    private readonly IkeEndpointOptions _options;
    private readonly byte[] _buffer = new byte[65_535];

    public Side(string name, SeededEntropy entropy, IkeEndpointOptions options, IkeConnection connection, Path path, SlowShell shell)
    {
        (Name, _entropy, _options, Connection, Path, Shell) = (name, entropy, options, connection, path, shell);
        Endpoint = Start();
        shell.Name = connection.LocalIdentity.ToString();
    }

    public string Name { get; }

    public IkeConnection Connection { get; private set; }

    /// <summary>Does the work that leaves the engine, in its own time.</summary>
    public SlowShell Shell { get; }

    /// <summary>Where it initiates from and to.</summary>
    public Path Path { get; set; }

    public IkeEndpoint Endpoint { get; private set; }

    /// <summary>Re-initiates whenever no SA is left, as the box does.</summary>
    public bool KeepsUp { get; set; }

    public Instant? InitiateAt { get; private set; }

    /// <summary>A bug of the engine's: what it says instead; null for nothing at all.</summary>
    public Func<IkeOutput, IkeOutput?>? Planted { get; set; }

    public IkeEndpointOptions Options => _options;

    public List<InstalledChild> Installed { get; } = [];

    public List<IkeOutput> Log { get; } = [];

    public IEnumerable<IkeSaStatus> IkeSas => Endpoint.Status().Where(static sa => sa.State == "Established");

    public IEnumerable<ChildSaStatus> ChildSas => Endpoint.Status().SelectMany(static sa => sa.Children);

    /// <summary>The pair that packets are sent on.</summary>
    public InstalledChild? Outbound => Installed.Where(static c => !c.Removed && c.Used > 0).MaxBy(static c => c.Used);

    public void Initiate(Instant now) => Endpoint.Handle(new IkeInput.Initiate(Connection.Name, Path), now);

    public void RekeyChildren(Instant now) => Endpoint.Handle(new IkeInput.RekeyChildren(Connection.Name), now);

    public void Reauthenticate(Instant now) => Endpoint.Handle(new IkeInput.Reauthenticate(Connection.Name), now);

    public void RekeyIke(Instant now) => Endpoint.Handle(new IkeInput.RekeyIke(Connection.Name), now);

    public void Close(Instant now) => Endpoint.Handle(new IkeInput.Close(Connection.Name), now);

    /// <summary>Every child reached its limit in packets or octets.</summary>
    public void ExhaustChildren(Instant now)
    {
        foreach (var child in ChildSas.Select(static c => c.Id).ToList()) Endpoint.Handle(new IkeInput.ChildSaExhausted(child), now);
    }

    /// <summary>How attempts and SAs of this end ended, in order.</summary>
    public IEnumerable<CloseReason> Closed => Log.OfType<IkeOutput.IkeSaClosed>().Select(static closed => closed.Reason);

    /// <summary>Its address towards the other end is another from now on.</summary>
    public void Move(IpAddress address, Instant now)
    {
        Path = Path with { Local = Path.Local with { Address = address } };
        Endpoint.Handle(new IkeInput.LocalAddressChanged(Connection.Name, address), now);
    }

    public void CheckLiveness(Instant now) => Endpoint.Handle(new IkeInput.CheckLiveness(Connection.Name), now);

    public void Configure(IkeConnection connection, Instant now)
    {
        Connection = connection;
        Endpoint.Handle(new IkeInput.Configure([connection]), now);
    }

    /// <summary>Power cut: every SA is forgotten, nothing is told to the peer.</summary>
    public void Restart()
    {
        Endpoint.Dispose();
        Shell.Forget();
        Installed.Clear();
        InitiateAt = null;
        Endpoint = Start();
    }

    public void Advance(Instant now)
    {
        if (InitiateAt is { } at && at <= now)
        {
            InitiateAt = null;
            Initiate(now);
        }

        while (Shell.TryReturn(now, out var input)) Endpoint.Handle(input, now);
        Endpoint.Advance(now);
    }

    /// <summary>Does what the endpoint says: sends, installs, removes.</summary>
    public void Serve(SimulatedLink link, Instant now)
    {
        while (Endpoint.TryTransmit(_buffer, out var transmit))
            link.Send(_buffer.AsSpan(0, transmit.Length).ToArray(), transmit.Path, now);
        while (Endpoint.TryTake(out var output)) Perform(output, now);
        Installed.RemoveAll(child => child.Removed && child.ReceivesUntil <= now);
    }

    public void Dispose() => Endpoint.Dispose();

    private IkeEndpoint Start()
    {
        var endpoint = new IkeEndpoint(_entropy, _options);
        endpoint.Handle(new IkeInput.Configure([Connection]), Instant.Zero);
        return endpoint;
    }

    private void Perform(IkeOutput said, Instant now)
    {
        if ((Planted is null ? said : Planted(said)) is not { } output) return;
        Log.Add(output);
        Shell.Take(output, now);
        switch (output)
        {
            case IkeOutput.InstallChildSa install:
                Installed.Add(new InstalledChild(install) { Used = install.UseOutbound ? Log.Count : 0 });
                break;
            case IkeOutput.UseChildSa use:
                Installed.Single(child => child.Id == use.Child).Used = Log.Count;
                break;
            case IkeOutput.MoveChildSas move:
                foreach (var child in Installed.Where(child => move.Children.Contains(child.Id))) child.Path = move.Path;
                break;
            case IkeOutput.RemoveChildSa remove:
                var removed = Installed.Single(child => child.Id == remove.Child);
                removed.Removed = true;
                removed.ReceivesUntil = now + remove.Linger;
                break;
            case IkeOutput.IkeSaClosed when KeepsUp && !Endpoint.Status().Any(static sa => sa.State is "Established" or "SaInitSent" or "AuthSent"):
                InitiateAt ??= now + TimeSpan.FromSeconds(1);
                break;
        }
    }
}

/// <summary>What the shell holds of a pair of ESP SAs.</summary>
internal sealed class InstalledChild(IkeOutput.InstallChildSa install)
{
    public ChildSaId Id => install.Child;

    /// <summary>Where its packets go.</summary>
    public Path Path { get; set; } = install.Path;

    public uint InboundSpi => install.Inbound.Spi;

    public uint OutboundSpi => install.Outbound.Spi;

    public ImmutableArray<byte> InboundKey { get; } = [.. install.Inbound.EncryptionKey.Octets, .. install.Inbound.IntegrityKey.Octets];

    public ImmutableArray<byte> OutboundKey { get; } = [.. install.Outbound.EncryptionKey.Octets, .. install.Outbound.IntegrityKey.Octets];

    /// <summary>When it was last told to be used, as a place in the log; 0 is never.</summary>
    public int Used { get; set; }

    public bool Removed { get; set; }

    public Instant ReceivesUntil { get; set; }
}
