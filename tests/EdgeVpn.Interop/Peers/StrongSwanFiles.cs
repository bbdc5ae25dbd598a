using System.Globalization;
using System.Text;

namespace EdgeVpn.Interop.Peers;

/// <summary>Writes strongSwan's two configuration files from a <see cref="TunnelEnd"/>.</summary>
internal static class StrongSwanFiles
{
    internal const string ConnectionName = "gw", ChildName = "net";

    /// <summary>strongswan.conf.</summary>
    /// <param name="logKeys">Writes every key into the log, for tshark and scapy.</param>
    internal static string Daemon(TunnelEnd end, StrongSwanRelease release, string viciSocket, bool logKeys)
    {
        // kernel-libipsec stands before kernel-netlink, so that it does IPsec and netlink only addresses and routes.
        // Any to any contains the peer's own address, which libipsec refuses without allow_peer_ts; then charon puts a default
        // route over ipsec0 into table 220, which would swallow the gateway's own ESP unless that table is asked after main.
        // With TLS 1.3 its certificate_authorities extension is not what RFC 8446 §4.2.4 says; BouncyCastle refuses it.
        return $$"""
            charon {
              load = random nonce openssl aes sha1 sha2 md5 mgf1 hmac kdf drbg curve25519 chapoly gcm gmp pem pkcs1 pkcs8 x509 pubkey constraints revocation eap-identity eap-mschapv2 eap-tls kernel-libipsec kernel-netlink socket-default vici updown counters
              retransmit_timeout = 0.5
              retransmit_base = 1.4
              retransmit_tries = 4
              retry_initiate_interval = 1
              delete_rekeyed_delay = 1
              make_before_break = {{YesNo(end.MakeBeforeBreak)}}
              signature_authentication = {{YesNo(end.SignatureAuthentication)}}
              fragment_size = 1280
              {{(end.IsAnyToAny ? "routing_table_prio = 33000" : "")}}
              {{(end.Authentication is Authentication.EapTls { Tls13: true } ? "tls {\n    version_max = 1.3\n    send_certreq_authorities = no\n  }" : "")}}
              filelog {
                stderr {
                  time_format = %T
                  time_add_ms = yes
                  flush_line = yes
                  default = {{(end.Quiet ? 0 : 1)}}
                  ike = {{(logKeys ? 4 : end.Quiet ? 0 : 1)}}
                  chd = {{(logKeys ? 4 : end.Quiet ? 0 : 1)}}
                }
              }
              plugins {
                vici { socket = unix://{{viciSocket}} }
                kernel-libipsec {
                  {{(end.IsAnyToAny ? "allow_peer_ts = yes" : "")}}
                  {{(release.RawEsp ? "raw_esp = yes" : "")}}
                }
              }
            }
            swanctl { load = random openssl pem pkcs1 pkcs8 x509 pubkey }

            """;
    }

    /// <summary>swanctl.conf.</summary>
    internal static string Connection(TunnelEnd end)
    {
        var text = new StringBuilder();
        var again = end.Reconnects;
        text.Append($$"""
            connections {
              {{ConnectionName}} {
                version = 2
                local_addrs = {{(end.Mobike ? "%any" : end.LocalAddress)}}
                remote_addrs = {{end.RemoteAddress}}
                proposals = {{end.Ike}}
                rekey_time = {{Seconds(end.IkeLifetime * 0.9)}}
                over_time = {{Seconds(end.IkeLifetime * 0.1)}}
                dpd_delay = {{Seconds(end.LivenessInterval)}}
                mobike = {{YesNo(end.Mobike)}}
                {{(end.Unique is null ? "" : $"unique = {end.Unique}")}}
                childless = {{(end.Childless ? "force" : "never")}}
                {{Ppk(end.Ppk)}}
                {{(end.RequestsAddress ? "vips = 0.0.0.0" : end.AddressPool is null ? "" : "pools = clients")}}
                keyingtries = {{(again ? 0 : 1)}}
                local {
                  id = {{end.Identity}}
                  {{Local(end.Authentication)}}
                }
                remote {
                  id = {{end.PeerIdentity}}
                  {{Remote(end.Authentication)}}
                  {{(end.Authentication is Authentication.Certificate ? "revocation = relaxed" : "")}}
                }
                children {
                  {{ChildName}} {
                    local_ts = {{(end.RequestsAddress ? "dynamic" : string.Join(',', end.LocalSelectors))}}
                    remote_ts = {{(end.AddressPool is null ? string.Join(',', end.RemoteSelectors) : "dynamic")}}
                    esp_proposals = {{end.Esp}}
                    rekey_time = {{Seconds(end.ChildLifetime * 0.9)}}
                    life_time = {{Seconds(end.ChildLifetime)}}
                    start_action = none
                    dpd_action = {{(again ? "start" : "clear")}}
                    close_action = {{(again ? "start" : "none")}}
                  }
                }
              }
            }

            """);
        if (end.Authentication is Authentication.Eap eap)
            text.Append($$"""
                secrets {
                  eap-1 {
                    id = {{eap.User}}
                    secret = "{{eap.Password}}"
                  }
                }

                """);
        if (end.Authentication is Authentication.Psk psk)
            text.Append($$"""
                secrets {
                  ike-1 {
                    id-1 = {{end.Identity}}
                    id-2 = {{end.PeerIdentity}}
                    secret = "{{psk.Secret}}"
                  }
                }

                """);
        if (end.AddressPool is { } pool)
            text.Append($$"""
                pools {
                  clients {
                    addrs = {{pool}}
                    dns = {{Net.LabAddresses.CloudHost}}
                  }
                }

                """);
        if (end.Ppk is { } ppk)
            text.Append($$"""
                secrets {
                  ppk-1 {
                    id-1 = {{ppk.Id}}
                    secret = "{{ppk.Secret}}"
                  }
                }

                """);
        return text.ToString();
    }

    private static string Local(Authentication authentication) =>
        authentication.Certified is { } certificate
            ? $"auth = {(certificate.SignsByPss ? "rsa/pss-sha256" : "pubkey")}\n      certs = own.pem"
            : "auth = psk";

    private static string Remote(Authentication authentication) =>
        authentication is Authentication.Eap ? "auth = eap-mschapv2\n      eap_id = %any"
        : authentication is Authentication.EapTls ? "auth = eap-tls\n      eap_id = %any"
        : authentication is Authentication.Certificate certificate
            ? $"auth = pubkey\n      cacerts = {string.Join(", ", certificate.MoreAuthorities.Select((_, i) => $"authority-{i}.pem").Prepend("authority.pem"))}"
            : "auth = psk";

    private static string Ppk(PpkSetup? ppk) => ppk is null ? "" : $"ppk_id = {ppk.Id}\n    ppk_required = {YesNo(ppk.Required)}";

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Seconds(TimeSpan time) => Math.Max(1, (long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s";
}
