using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Micro;

/// <summary>Reading an IKE_SA_INIT request as Azure sends one: header, then every payload into values.</summary>
[MemoryDiagnoser]
public class IkeParser
{
    private readonly byte[] _payloads = new byte[2048];
    private int _octets;
    private PayloadType _first;

    [GlobalSetup]
    public void SetUp()
    {
        // SA with 12 transforms, KE of 256 octets, Nonce, two NAT detection hashes, a vendor id: as raw payloads, so that nothing is measured but reading.
        List<(PayloadType Type, byte[] Body)> payloads =
        [
            (PayloadType.SecurityAssociation, Proposal()),
            (PayloadType.KeyExchange, [0, 14, 0, 0, .. new byte[256]]),
            (PayloadType.Nonce, new byte[48]),
            (PayloadType.Notify, [0, 0, 0x40, 0x04, .. new byte[20]]),
            (PayloadType.Notify, [0, 0, 0x40, 0x05, .. new byte[20]]),
            (PayloadType.VendorId, new byte[20]),
        ];
        _first = payloads[0].Type;
        var writer = new WireWriter(_payloads);
        for (var i = 0; i < payloads.Count; i++)
        {
            writer.WriteByte(i + 1 < payloads.Count ? (byte)payloads[i + 1].Type : (byte)0);
            writer.WriteByte(0);
            writer.WriteUInt16((ushort)(4 + payloads[i].Body.Length));
            writer.Write(payloads[i].Body);
        }

        _octets = writer.Position;
        if (Read() != payloads.Count) throw new InvalidOperationException("The sample does not read.");
    }

    [Benchmark]
    public int Read() =>
        PayloadList.TryRead(_first, _payloads.AsSpan(0, _octets), out var list) == WireError.None ? list!.Count : -1;

    // One proposal: ENCR AES-CBC-256 and eleven more transforms without attributes (RFC 7296 §3.3).
    private static byte[] Proposal()
    {
        ImmutableArray<(byte Type, byte Id)> plain = [(2, 5), (2, 2), (2, 6), (3, 12), (3, 2), (3, 13), (4, 14), (4, 2), (4, 19), (4, 20), (4, 24)];
        var transforms = new List<byte>([3, 0, 0, 12, 1, 0, 0, 12, 0x80, 0x0e, 0x01, 0x00]);
        for (var i = 0; i < plain.Length; i++)
            transforms.AddRange([(byte)(i + 1 < plain.Length ? 3 : 0), 0, 0, 8, plain[i].Type, 0, 0, plain[i].Id]);
        var octets = 8 + transforms.Count;
        return [0, 0, (byte)(octets >> 8), (byte)octets, 1, 1, 0, (byte)(plain.Length + 1), .. transforms];
    }
}
