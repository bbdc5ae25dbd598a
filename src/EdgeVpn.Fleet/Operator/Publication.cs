using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>One step of a document on its way, as the box or the broker said it.</summary>
public abstract record PublicationStep
{
    /// <summary>The broker has it. The box is connected, or was last seen so; null if nobody knows it.</summary>
    public sealed record Published(DocumentReference Document, bool? Online) : PublicationStep;

    /// <summary>The box said what became of it.</summary>
    public sealed record Reported(ReportedDocument Report) : PublicationStep;

    /// <summary>The box could not even take it up as a document.</summary>
    public sealed record Discarded(DiscardedMessage Message) : PublicationStep;

    /// <summary>The box reports a newer document: somebody else published too.</summary>
    public sealed record Overtaken(DocumentVersion By) : PublicationStep;

    /// <summary>The box came or went.</summary>
    public sealed record Presence(bool Online) : PublicationStep;

    /// <summary>Nothing follows.</summary>
    public bool IsLast => this switch
    {
        Reported { Report.State: DocumentState.Confirmed or DocumentState.Refused or DocumentState.Reverted } => true,
        Discarded or Overtaken => true,
        _ => false,
    };
}

/// <summary>Sends one configuration to one box and follows it.</summary>
public sealed class Publication
{
    private readonly OperatorSession _session;
    private readonly TwinIdentity _box;
    private DocumentVersion _newest;
    private bool? _online;
    private string? _boxSession;
    private DocumentVersion _version;
    private string _payloadHash = "";
    private DocumentState _state;
    private DesiredReading? _before;

    private Publication(OperatorSession session, TwinIdentity box) => (_session, _box) = (session, box);

    /// <summary>Highest version that the broker keeps or the box reports; <see cref="DocumentVersion.None"/> if neither has one.</summary>
    public DocumentVersion Newest => _newest;

    /// <summary>The box's last word; null if it never said one.</summary>
    public ReportedDocument? Report { get; private set; }

    /// <summary>Learns what the broker keeps for this box.</summary>
    /// <exception cref="BrokerException">The broker refuses, or is gone.</exception>
    public static async Task<Publication> OpenAsync(OperatorSession session, TwinIdentity box, CancellationToken cancel)
    {
        var publication = new Publication(session, box);
        TwinChannel[] channels = [TwinChannel.Desired, TwinChannel.Reported, TwinChannel.Presence];
        await session.SubscribeAsync(channels.Select(c => TwinTopic.Filter(box.Fleet, box.Device, c)), cancel).ConfigureAwait(false);
        while (session.Messages.TryRead(out var message)) publication.Look(message);
        return publication;
    }

    /// <summary>The version after the newest: the next revision, or the first of a new epoch.</summary>
    public DocumentVersion Next(bool newEpoch) => newEpoch ? new(_newest.Epoch + 1, 1) : new(Math.Max(_newest.Epoch, 1), _newest.Revision + 1);

    /// <summary>Publishes it, retained.</summary>
    /// <exception cref="BrokerException">The broker did not take it.</exception>
    public async Task<PublicationStep> SendAsync(Dispatch dispatch, CancellationToken cancel)
    {
        _version = dispatch.Reference.Version;
        _payloadHash = DesiredDocument.Hash(dispatch.Payload);
        await dispatch.SendAsync(_session, _before, cancel).ConfigureAwait(false);
        return new PublicationStep.Published(dispatch.Reference, _online);
    }

    /// <summary>The next step that is told; waits for it.</summary>
    /// <exception cref="BrokerException">The broker is gone.</exception>
    public async Task<PublicationStep> NextStepAsync(CancellationToken cancel)
    {
        while (true)
        {
            TwinMessage message;
            try
            {
                message = await _session.Messages.ReadAsync(cancel).ConfigureAwait(false);
            }
            catch (System.Threading.Channels.ChannelClosedException e)
            {
                throw e.InnerException as BrokerException ?? new BrokerException("The connection to the broker ended.", e);
            }

            if (Look(message) is { } step) return step;
        }
    }

    private PublicationStep? Look(TwinMessage message) => message.Topic.Channel switch
    {
        TwinChannel.Desired => LookAtDesired(message),
        TwinChannel.Reported when TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.ReportedDocument, out var report) => LookAtReported(report),
        TwinChannel.Presence when TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.PresenceDocument, out var presence) => LookAtPresence(presence),
        _ => null,
    };

    private PublicationStep.Overtaken? LookAtDesired(TwinMessage message)
    {
        if (message.Payload.IsEmpty) return null;
        var reading = DocumentSigner.Look(message.Payload);
        var version = reading.Version;
        if (_version.IsNone) _before = reading;
        if (version > _newest) _newest = version;
        return !_version.IsNone && version > _version ? new PublicationStep.Overtaken(version) : null;
    }

    private PublicationStep? LookAtReported(ReportedDocument report)
    {
        Report = report;
        if (report.Version > _newest) _newest = report.Version;
        if (_version.IsNone) return null;
        if (report.Version > _version) return new PublicationStep.Overtaken(report.Version);
        if (report.Version == _version && report.State != _state)
        {
            _state = report.State;
            return new PublicationStep.Reported(report);
        }

        return report.Discarded is { } discarded && discarded.Sha256 == _payloadHash ? new PublicationStep.Discarded(discarded) : null;
    }

    private PublicationStep.Presence? LookAtPresence(PresenceDocument presence)
    {
        // A will of an older session comes late: it says nothing about the one that runs.
        if (!presence.Online && _boxSession is not null && presence.Session != _boxSession) return null;
        var changed = _online != presence.Online;
        (_online, _boxSession) = (presence.Online, presence.Session);
        return changed && !_version.IsNone ? new PublicationStep.Presence(presence.Online) : null;
    }
}
