using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Model.Jose;

namespace EdgeVpn.Appliance.Orders;

/// <summary>A capture as it goes to the operator: pcapng, bounded, sealed to a key that the order named.</summary>
/// <remarks>The broker carries it and must not read a branch's packets; no key of a tunnel is ever in it.</remarks>
public static class OrderedCapture
{
    /// <summary>Of the pcapng: sealed and in base64url it fits into the parts of one answer.</summary>
    public const int MaxOctets = 180_000;

    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private const int BlockOctets = 80; // around a packet, with its flags and padding

    /// <summary>For live packets; what is left is the recorder's.</summary>
    public const int MaxLiveOctets = 120_000;

    /// <summary>The answer's text: JSON with counts and the sealed file.</summary>
    /// <param name="live">In order of time.</param>
    /// <param name="recorded">In order of time; the newest that fit are taken.</param>
    /// <param name="bound">What ended the live capture early; null if nothing did.</param>
    /// <param name="writer">Named in the file.</param>
    /// <param name="recipient">Who opens it.</param>
    public static string Of(IReadOnlyList<CapturedPacket> live, IReadOnlyList<CapturedPacket> recorded, string? bound, string writer, P256Key recipient)
    {
        var left = MaxOctets - 512 - live.Sum(Size);
        var newest = recorded.Reverse().TakeWhile(packet => (left -= Size(packet)) >= 0).Reverse().ToList();
        using var file = new MemoryStream();
        var pcapng = new PcapngWriter(file, writer, "edgevpn");
        foreach (var packet in newest.Concat(live).OrderBy(static p => p.At)) pcapng.Packet(packet.At, packet.Direction, packet.Octets, packet.Length, [.. packet.Comments]);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var sealedFile = SealedText.Seal(recipient, ephemeral, RandomNumberGenerator.GetBytes(SealedText.IvOctets), file.ToArray(), MaxOctets);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("live", live.Count);
            json.WriteNumber("recorded", newest.Count);
            if (bound is not null) json.WriteString("bound", bound);
            json.WriteString("sealed", sealedFile);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static int Size(CapturedPacket packet) => BlockOctets + packet.Octets.Length + packet.Comments.Sum(static c => Encoding.UTF8.GetByteCount(c) + 8);
}
