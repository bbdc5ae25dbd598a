using System.Text.Json.Serialization;
using EdgeVpn.Benchmarks.Tunnels;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>Where a full-sized packet's processor time goes at one end of ours: nanoseconds, medians.</summary>
/// <param name="Key">Of the measure.</param>
/// <param name="Cipher">Half of sealing and opening, measured alone.</param>
/// <param name="Own">What is left of our own code: cutting, look-ups, checksums, joining.</param>
/// <param name="Kernel">System calls: copies, wake-ups, the way through the stack.</param>
internal sealed record Stages([property: JsonPropertyName("key")] string Key, [property: JsonPropertyName("cipher")] double Cipher, [property: JsonPropertyName("own")] double Own, [property: JsonPropertyName("kernel")] double Kernel)
{
    /// <summary>Of every measure of one TCP stream that we took part in, where the cipher's own time is known.</summary>
    public static IReadOnlyList<Stages> Of(IReadOnlyList<Table> tables, IReadOnlyList<CipherTime> ciphers) =>
    [
        .. from table in tables
           where table.Measure is { Kind: Kind.Tcp, Parameter: 1 }
           let ours = table.Find(Contender.OursNative)
           let cipher = ciphers.FirstOrDefault(cipher => cipher.Suite == Suites.Esp(table.Measure.Suite).ToString())
           where ours is not null && cipher is not null && double.IsFinite(ours.UserNanosecondsPerPacket)
           let each = (cipher.SealNanoseconds + cipher.OpenNanoseconds) / 2
           select new Stages(table.Measure.Key, Math.Round(each), Math.Round(ours.UserNanosecondsPerPacket - each), Math.Round(ours.NanosecondsPerPacket - ours.UserNanosecondsPerPacket)),
    ];

    public override string ToString() => $"{Key}: cipher {Cipher:0}, own {Own:0}, kernel {Kernel:0}";
}
