using System.Globalization;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Traffic;

/// <summary>What tshark could make of a capture with the keys it was given.</summary>
/// <param name="IkeProtected">Messages with an SK payload.</param>
/// <param name="IkeGood">Of those, decrypted and with a good checksum.</param>
/// <param name="Esp">ESP packets.</param>
/// <param name="EspGood">Of those, with an ICV that tshark calculated itself and found good.</param>
/// <param name="Problems">One line for every packet that is not good.</param>
public sealed record TsharkVerdict(int IkeProtected, int IkeGood, int Esp, int EspGood, IReadOnlyList<string> Problems)
{
    public bool AllGood => Problems.Count == 0 && IkeGood == IkeProtected && EspGood == Esp;
}

/// <summary>A second reader of IKE and ESP: decrypts with key tables and recalculates every checksum.</summary>
public static class Tshark
{
    private static readonly string[] Fields =
    [
        "frame.number", "isakmp.enc.icd", "isakmp.ikev2.integrity_checksum", "isakmp.enc.decrypted", "isakmp.enc.data",
        "esp.spi", "esp.icv_good", "esp.icv_bad", "_ws.expert.message",
    ];

    /// <param name="folder">Where the key tables go.</param>
    public static async Task<TsharkVerdict> CheckAsync(string folder, string capture, IEnumerable<IkeKeys> ike, IEnumerable<EspKeys> esp)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllLinesAsync(Path.Combine(folder, "ikev2_decryption_table"), ike.Select(IkeRow));
        await File.WriteAllLinesAsync(Path.Combine(folder, "esp_sa"), esp.Select(EspRow));
        var run = (await Tool.RunAsync(
            [
                "tshark", "-r", capture, "-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE",
                "-Y", "isakmp || esp", "-T", "fields", "-E", "separator=|", .. Fields.SelectMany(field => new[] { "-e", field }),
            ],
            environment: new Dictionary<string, string> { ["WIRESHARK_CONFIG_DIR"] = folder })).Checked();
        return Judge(run.Output);
    }

    private static TsharkVerdict Judge(string output)
    {
        int ike = 0, ikeGood = 0, esp = 0, espGood = 0;
        var problems = new List<string>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split('|') is not [var frame, var icd, var badIcd, var decrypted, var data, var spi, var good, var bad, var message])
                throw new FormatException($"not what tshark was asked for: {line}");
            if (spi.Length > 0)
            {
                esp++;
                if (good is "1" or "True" && bad is "0" or "False" or "") espGood++;
                else problems.Add($"frame {frame}: ESP SA {spi}, ICV good={good} bad={bad} {message}");
            }
            else if (icd.Length > 0 || data.Length > 0)
            {
                ike++;
                if (icd.Length > 0 && badIcd.Length == 0 && decrypted.Length > 0) ikeGood++;
                else problems.Add($"frame {frame}: IKE, {(decrypted.Length > 0 ? "" : "not decrypted ")}{message}");
            }
        }

        return new TsharkVerdict(ike, ikeGood, esp, espGood, problems);
    }

    private static string IkeRow(IkeKeys keys) => string.Join(',',
        keys.InitiatorSpi, keys.ResponderSpi, Hex(keys.EncryptionInitiator), Hex(keys.EncryptionResponder), $"\"{AlgorithmNames.Of(keys.Encryption).WiresharkIke}\"",
        Hex(keys.IntegrityInitiator), Hex(keys.IntegrityResponder), $"\"{AlgorithmNames.Of(keys.Integrity).WiresharkIke}\"");

    private static string EspRow(EspKeys keys) => string.Join(',',
        keys.Source.Contains(':', StringComparison.Ordinal) ? "\"IPv6\"" : "\"IPv4\"", $"\"{keys.Source}\"", $"\"{keys.Destination}\"", $"\"0x{keys.Spi:x8}\"",
        $"\"{AlgorithmNames.Of(keys.Encryption).WiresharkEsp}\"", Quoted(keys.EncryptionKey), $"\"{AlgorithmNames.Of(keys.Integrity).WiresharkEsp}\"", Quoted(keys.IntegrityKey));

    private static string Quoted(IReadOnlyCollection<byte> octets) => octets.Count == 0 ? "\"\"" : $"\"0x{Hex(octets)}\"";

    private static string Hex(IReadOnlyCollection<byte> octets) => Convert.ToHexString([.. octets]).ToLower(CultureInfo.InvariantCulture);
}
