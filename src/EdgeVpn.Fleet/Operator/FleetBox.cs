using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>What an operator knows of one box: the last of everything it said.</summary>
public sealed class FleetBox(TwinIdentity identity)
{
    private string? _session;

    public TwinIdentity Identity { get; } = identity;

    /// <summary>Null until it was ever seen.</summary>
    public bool? Online { get; private set; }

    /// <summary>The version the broker keeps for it.</summary>
    public DocumentVersion Desired { get; private set; }

    /// <summary>What stands on its <c>desired</c> topic, with nobody vouching for it; null if nothing does.</summary>
    public DesiredReading? DesiredReading { get; private set; }

    /// <summary>Its last report; null if there is none, or none this program reads.</summary>
    public ReportedDocument? Report { get; private set; }

    /// <summary>What its lights say now; null if it is offline, when nobody here knows, or does not say.</summary>
    public ReportedLights? Lights => Online == true ? Report?.Lights : null;

    public ReadOnlyMemory<byte> ReportedPayload { get; private set; }

    public EventDocument? LastEvent { get; private set; }

    public TelemetryDocument? Telemetry { get; private set; }

    /// <summary>When it last said anything live.</summary>
    public DateTimeOffset? LastHeard { get; private set; }

    /// <summary>Takes a message in. False if it says nothing new: unreadable, or the late will of an older session.</summary>
    public bool Take(TwinMessage message)
    {
        if (!message.Retained && message.Topic.Channel != TwinChannel.Desired) LastHeard = message.At;
        switch (message.Topic.Channel)
        {
            case TwinChannel.Desired:
                DesiredReading = message.Payload.IsEmpty ? null : DocumentSigner.Look(message.Payload);
                Desired = DesiredReading?.Version ?? DocumentVersion.None;
                return true;
            case TwinChannel.Reported:
                ReportedPayload = message.Payload;
                Report = TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.ReportedDocument, out var report) ? report : null;
                return Report is not null;
            case TwinChannel.Presence:
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.PresenceDocument, out var presence)) return false;
                if (!presence.Online && _session is not null && presence.Session != _session) return false;
                (Online, _session) = (presence.Online, presence.Session);
                return true;
            case TwinChannel.Events:
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.EventDocument, out var happened)) return false;
                LastEvent = happened;
                return true;
            case TwinChannel.Telemetry:
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.TelemetryDocument, out var telemetry)) return false;
                Telemetry = telemetry;
                return true;
            default:
                return false;
        }
    }
}
