using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>What the engine says, done and remembered.</summary>
public sealed partial class ConnectionManager
{
    public void On(IkeOutput output, Instant now)
    {
        switch (output)
        {
            case IkeOutput.InstallChildSa install:
                OnInstall(install, now);
                break;
            case IkeOutput.UseChildSa use:
                _dataPlane.Use(use.Child);
                break;
            case IkeOutput.RemoveChildSa remove:
                OnRemove(remove, now);
                break;
            case IkeOutput.MoveChildSas move:
                _dataPlane.Move(move.Children, move.Path, move.UdpEncapsulated);
                _events.Add("ike.moved", null, $"the peer is at {move.Path.Remote} now");
                break;
            case IkeOutput.IkeSaEstablished established:
                OnEstablished(established, now);
                break;
            case IkeOutput.ConfigurationAssigned assigned:
                OnAssigned(assigned);
                break;
            case IkeOutput.IkeSaClosed closed:
                OnClosed(closed, now);
                break;
            case IkeOutput.ChildSaFailed failed:
                if (_live.TryGetValue(failed.Connection, out var live))
                {
                    var reason = failed.Rekeying is null ? ReasonOf.Cause(failed.Reason.Cause) : ReasonCode.RekeyRefused;
                    if (reason is not null) Note(live, reason, failed.Reason.ToString(), now);
                }

                break;
            case IkeOutput.IkeRekeyFailed failed:
                if (_live.TryGetValue(failed.Connection, out var rekeying)) Note(rekeying, ReasonCode.RekeyRefused, failed.Reason.ToString(), now);
                break;
            case IkeOutput.AttemptRefused refused:
                OnRefused(refused, now);
                break;
            case IkeOutput.MessageSeen seen:
                OnMessage(seen);
                break;
            case IkeOutput.KeysExported exported:
                KeysExported?.Invoke(exported);
                break;
            case IkeOutput.Sign or IkeOutput.VerifyPeer or IkeOutput.Agree or IkeOutput.SpeakTls:
                Work(output);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(output));
        }
    }

    /// <summary>Takes what is too slow for this thread; set once by the composition.</summary>
    public Action<IkeOutput> Work { get; set; } = static _ => { };

    /// <summary>Only where the endpoint was told to export keys: a lab's capture.</summary>
    public event Action<IkeOutput.KeysExported>? KeysExported;

    /// <summary>Every message of a known SA, and how it is put into words.</summary>
    public event Action<IkeOutput.MessageSeen, string>? MessageSeen;

    /// <summary>A child SA is about to leave the data plane: its counters can still be read.</summary>
    public event Action? ChildLeaving;

    /// <summary>The same for ESP: told before the data plane takes the keys over.</summary>
    public event Action<IkeOutput.InstallChildSa>? ChildInstalled;

    /// <summary>The tunnel's interface has these addresses from now on; what goes out through it speaks from them.</summary>
    private void OnAssigned(IkeOutput.ConfigurationAssigned given)
    {
        if (!_live.TryGetValue(given.Connection, out var live)) return;
        var assigned = given.Assigned;
        _dataPlane.SetAddresses(live.Plan.Interface, [.. assigned.Addresses.Select(static a => a.ToIPAddress())]);
        _events.Add(
            "address.assigned", given.Connection, $"the peer gave us {assigned}",
            ("addresses", string.Join(' ', assigned.Addresses)), ("dns", string.Join(' ', assigned.DnsServers)), ("domains", string.Join(' ', assigned.Domains)));
    }

    private void OnInstall(IkeOutput.InstallChildSa install, Instant now)
    {
        if (!_live.TryGetValue(install.Connection, out var live)) return;
        ChildInstalled?.Invoke(install);
        _dataPlane.Install(install, live.Plan.Interface);
        _childOwners[install.Child] = install.Connection;
        live.Children.Add(install.Child);
        if (install.Replaces is not null) live.Churn.Replaced(now);
        (live.Reason, live.Detail, live.Failures) = (null, null, 0);
        live.NextAttempt = Instant.Never;
        _events.Add(
            "child.up",
            install.Connection,
            $"{install.Child} {(install.Replaces is { } old ? $"replaces {old}" : "is up")}: {install.Inbound.Suite}, "
                + $"{string.Join(' ', install.LocalSelectors)} <-> {string.Join(' ', install.RemoteSelectors)}, {(install.UdpEncapsulated ? "in UDP" : "protocol 50")}",
            ("child", install.Child.ToString()),
            ("inboundSpi", install.Inbound.Spi.ToString("x8")),
            ("outboundSpi", install.Outbound.Spi.ToString("x8")));
        _isStale = true;
    }

    private void OnRemove(IkeOutput.RemoveChildSa remove, Instant now)
    {
        if (!_childOwners.Remove(remove.Child)) return;
        ChildLeaving?.Invoke();
        _dataPlane.Remove(remove.Child, remove.Linger);
        if (!_live.TryGetValue(remove.Connection, out var live)) return;
        live.Children.Remove(remove.Child);
        _events.Add(
            "child.down", remove.Connection, $"{remove.Child} is gone: {remove.Reason}",
            ("child", remove.Child.ToString()), ("cause", remove.Reason.Cause.ToString()));
        if (live.Children.Count == 0 && ReasonOf.Cause(remove.Reason.Cause) is { } reason)
        {
            Note(live, reason, remove.Reason.Detail, now);
            if (live is { IsWanted: true, Plan.MayInitiate: true }) live.NextAttempt = now + Backoff.After(0, _entropy);
        }

        _isStale = true;
    }

    private void OnEstablished(IkeOutput.IkeSaEstablished established, Instant now)
    {
        if (!_live.TryGetValue(established.Connection, out var live)) return;
        live.EstablishedAt = live.EstablishedAt.SetItem(established.IkeSa, now);
        if (established.Replaces is { } replaced) live.EstablishedAt = live.EstablishedAt.Remove(replaced);
        else live.Churn.Established(established.PeerIdentity.ToString(), now);
        _events.Add(
            "ike.up",
            established.Connection,
            $"{established.IkeSa} {(established.Replaces is { } old ? $"replaces {old}" : "is established")}: {established.PeerIdentity} at "
                + $"{established.Path.Remote}, {established.Suite}" + (established.Nat == NatSituation.None ? "" : $", NAT: {established.Nat}"),
            ("ike", established.IkeSa.ToString()),
            ("peer", established.PeerIdentity.ToString()),
            ("remote", established.Path.Remote.ToString()));
    }

    private void OnClosed(IkeOutput.IkeSaClosed closed, Instant now)
    {
        if (!_live.TryGetValue(closed.Connection, out var live)) return;
        live.EstablishedAt = live.EstablishedAt.Remove(closed.IkeSa);
        _events.Add(
            "ike.down", closed.Connection, $"{closed.IkeSa} is gone: {closed.Reason}",
            ("ike", closed.IkeSa.ToString()), ("cause", closed.Reason.Cause.ToString()));
        var isOver = live.Children.Count == 0 && closed.Reason.Cause is not (CloseCause.Rekeyed or CloseCause.Reauthenticated or CloseCause.Redundant);
        if (!isOver) return;
        if (closed.WasEstablished && ReasonOf.Cause(closed.Reason.Cause) is { Severity: not ReasonSeverity.Refusal } reason)
        {
            // It worked until now: try the same endpoint again at once.
            Note(live, reason, closed.Reason.Detail, now);
            if (live is { IsWanted: true, Plan.MayInitiate: true }) live.NextAttempt = now + Backoff.After(0, _entropy);
        }
        else if (closed.Reason.Cause is CloseCause.LocalRequest or CloseCause.Superseded)
        {
            if (live is { IsWanted: true, Plan.MayInitiate: true }) live.NextAttempt = now + Backoff.After(0, _entropy);
        }
        else
        {
            Failed(live, ReasonOf.Cause(closed.Reason.Cause), closed.Reason.Detail, now);
        }

        _isStale = true;
    }

    private void OnRefused(IkeOutput.AttemptRefused refused, Instant now)
    {
        var reason = ReasonOf.Cause(refused.Reason.Cause);
        _events.Add(
            "ike.refused", null, $"{refused.Path.Remote} was refused: {refused.Reason}", ("reason", reason?.Name ?? ""), ("remote", refused.Path.Remote.ToString()));
        if (reason is null) return;

        // Evidence for the connections that the caller could have meant.
        foreach (var live in _live.Values.Where(static live => live.Credential is not null))
        {
            if (live.Children.Count > 0) continue; // first: what follows costs, and anyone can call
            var engine = ToEngine(live);
            if (engine.MayRespond && (engine.RemoteAddresses.IsEmpty || engine.RemoteAddresses.Contains(refused.Path.Remote.Address)))
                Note(live, reason, refused.Reason.Detail, now);
        }
    }

    private void OnMessage(IkeOutput.MessageSeen seen)
    {
        var text = $"{(seen.Sent ? "-->" : "<--")} {seen.Exchange} {seen.MessageId}{(seen.IsResponse ? " response" : " request")}"
            + (seen.Retransmission ? " again" : $" {{ {string.Join(", ", seen.Payloads)} }}");
        MessageSeen?.Invoke(seen, text);
        _events.Add("ike.message", seen.Connection, text, ("ike", seen.IkeSa.ToString()), ("remote", seen.Path.Remote.ToString()));
    }
}
