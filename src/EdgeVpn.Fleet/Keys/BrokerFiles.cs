using System.Globalization;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Keys;

/// <summary>Mosquitto's configuration and access rules for one fleet, each line explained where it stands.</summary>
internal static class BrokerFiles
{
    public static IEnumerable<(string Name, string Text)> For(string fleet, BrokerAddress broker, BrokerAddress bootstrap, string folder)
    {
        var tls = broker.Tls ? $"""
            cafile {folder}/broker/ca.crt
            certfile {folder}/broker/server.crt
            keyfile {folder}/broker/server.key
            # A box that was revoked is not let in. After `edgefleet revoke`: restart the broker. SIGHUP reads the list too, but keeps a box that is connected.
            crlfile {folder}/broker/revoked.crl
            # No certificate of this fleet's authority, no connection; its name is the user's name in the access rules.
            require_certificate true
            use_identity_as_username true
            allow_anonymous false
            """ : "# Plain TCP: a laboratory. Whoever reaches this port is let in.\nallow_anonymous true";
        var bootstrapTls = bootstrap.Tls ? $"""
            certfile {folder}/broker/server.crt
            keyfile {folder}/broker/server.key
            """ : "# Plain TCP: a laboratory.";
        yield return ("mosquitto.conf", string.Create(CultureInfo.InvariantCulture, $"""
            # The broker of the fleet {fleet}, written by `edgefleet init`. Mosquitto 2.0 or later.
            # Copy it to /etc/mosquitto/conf.d/, or run: mosquitto -c {folder}/broker/mosquitto.conf
            # With many boxes: LimitNOFILE in the service unit must be above their number.

            # Each listener has its own rules: what the bootstrap listener allows nobody gets on the other one, and the other way round.
            per_listener_settings true
            # Retained documents and the queues of boxes that are away survive a restart.
            persistence true
            persistence_location /var/lib/mosquitto/
            autosave_interval 30
            # Messages that wait for one client. An operator who looks at a fleet gets three retained messages of every box at once:
            # with fewer places than that Mosquitto drops what does not fit, without a word. Enough for 30,000 boxes.
            max_queued_messages 100000
            # Sessions of boxes that never come back.
            persistent_client_expiration 30d
            # Above every message of the contract (32 KiB; larger documents go in pieces of that), below what hurts.
            max_packet_size 131072

            # Boxes and operators.
            listener {broker.Port}
            {tls}
            acl_file {folder}/broker/acl

            # Boxes that are not enrolled yet: they may ask, under their key's fingerprint, and read their answer.
            # Nothing said here is believed for the way it came: requests carry the card's proof, answers the fleet key's signature.
            listener {bootstrap.Port}
            {bootstrapTls}
            allow_anonymous true
            acl_file {folder}/broker/acl-bootstrap

            """));
        yield return ("acl", $"""
            # Who may do what on the listener for boxes and operators. %u is the name in the certificate: a box reaches its own topics only.

            # The operator's certificate ({FleetFolder.OperatorName}: no box can be named so).
            user {FleetFolder.OperatorName}
            topic readwrite {TwinTopic.Prefix}/{fleet}/#
            topic readwrite {TwinTopic.Prefix}/enrol/#
            # Messages to itself that tell `edgefleet` when everything retained has come, and those of `broker check`.
            topic readwrite {TwinTopic.Prefix}/operator/#
            # The broker's own counters.
            topic read $SYS/#

            # A box reads what is meant for it,
            pattern read {TwinTopic.Prefix}/{fleet}/%u/desired
            pattern read {TwinTopic.Prefix}/{fleet}/%u/body/+
            pattern read {TwinTopic.Prefix}/{fleet}/%u/command/+
            # and speaks for itself.
            pattern write {TwinTopic.Prefix}/{fleet}/%u/reported
            pattern write {TwinTopic.Prefix}/{fleet}/%u/presence
            pattern write {TwinTopic.Prefix}/{fleet}/%u/events
            pattern write {TwinTopic.Prefix}/{fleet}/%u/telemetry
            pattern write {TwinTopic.Prefix}/{fleet}/%u/response/+

            """);
        yield return ("acl-bootstrap", $"""
            # The bootstrap listener: %c is the client's id, which a box makes of its key's fingerprint. No user names count here.
            pattern write {TwinTopic.Prefix}/enrol/%c/up
            pattern read {TwinTopic.Prefix}/enrol/%c/down

            """);
    }
}
