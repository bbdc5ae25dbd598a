using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.Interop.Peers;

/// <summary>Reads the keys that a charon with key logging wrote; of one that asked for the IKE SA and its first child.</summary>
public static partial class StrongSwanKeyLog
{
    /// <summary>Keys of the last IKE SA, and of the child made with it.</summary>
    /// <param name="end">Its configuration: the first proposal names the algorithms.</param>
    /// <param name="sa">The SA that the keys belong to.</param>
    /// <exception cref="FormatException">A key is not in the log.</exception>
    public static (IkeKeys Ike, ImmutableArray<EspKeys> Esp) Read(string log, TunnelEnd end, IkeSaStatus sa)
    {
        var keys = Keys(log);
        var (ikeEncryption, ikeIntegrity) = Algorithms(end.Ike);
        var (espEncryption, espIntegrity) = Algorithms(end.Esp);
        var ike = new IkeKeys(
            sa.InitiatorSpi, sa.ResponderSpi, ikeEncryption, ikeIntegrity, Key("Sk_ei secret"), Key("Sk_er secret"),
            ikeIntegrity.Length == 0 ? [] : Key("Sk_ai secret"), ikeIntegrity.Length == 0 ? [] : Key("Sk_ar secret"));
        var esp = Installed().Matches(log).Select(match =>
        {
            // The initiator sends with the initiator's key.
            var side = match.Groups["direction"].Value == "outbound" ? "initiator" : "responder";
            return new EspKeys(
                uint.Parse(match.Groups["spi"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture), match.Groups["from"].Value, match.Groups["to"].Value,
                espEncryption, espIntegrity, Key($"encryption {side} key"), espIntegrity.Length == 0 ? [] : Key($"integrity {side} key"));
        });
        return (ike, [.. esp]);

        ImmutableArray<byte> Key(string name) => keys.TryGetValue(name, out var key) ? key : throw new FormatException($"no {name} in the log");
    }

    private static (string Encryption, string Integrity) Algorithms(string proposal)
    {
        var parts = proposal.Split('-');
        return (parts[0], parts[0].Contains("gcm", StringComparison.Ordinal) ? "" : parts[1]);
    }

    private static Dictionary<string, ImmutableArray<byte>> Keys(string log)
    {
        var keys = new Dictionary<string, ImmutableArray<byte>>(StringComparer.Ordinal);
        foreach (Match dump in Dump().Matches(log))
        {
            var length = int.Parse(dump.Groups["length"].ValueSpan, CultureInfo.InvariantCulture);
            var octets = HexLine().Matches(dump.Groups["dump"].Value).SelectMany(line => Convert.FromHexString(line.Groups[1].Value.Replace(" ", "")));
            keys[dump.Groups["name"].Value] = [.. octets.Take(length)];
        }

        return keys;
    }

    [GeneratedRegex(@"\] (?<name>Sk_\w+ secret|(?:encryption|integrity) (?:initiator|responder) key) => (?<length>\d+) bytes[^\n]*\n(?<dump>(?:[^\n]*\] +\d+: [0-9A-F]{2} [^\n]*\n)+)")]
    private static partial Regex Dump();

    [GeneratedRegex(@"\] +\d+: ((?:[0-9A-F]{2} ){1,16})")]
    private static partial Regex HexLine();

    [GeneratedRegex(@"adding (?<direction>inbound|outbound) ESP SA\n[^\n]*SPI 0x(?<spi>[0-9a-f]+), src (?<from>\S+) dst (?<to>\S+)")]
    private static partial Regex Installed();
}
