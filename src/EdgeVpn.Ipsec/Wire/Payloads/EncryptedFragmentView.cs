using System.Buffers.Binary;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Encrypted Fragment payload, SKF: one fragment of what an SK payload would hold (RFC 7383 §2.5).</summary>
/// <remarks>A view, checked once when made. Only after the ICV verified do the numbers mean anything.</remarks>
public readonly ref struct EncryptedFragmentView
{
    // | Next Payload  |C|  RESERVED   |         Payload Length        |
    // |        Fragment Number        |        Total Fragments        |
    // ~                   IV, encrypted content, ICV                  ~

    /// <summary>Octets between the generic header and the IV.</summary>
    public const int HeaderSize = 4;

    private EncryptedFragmentView(ushort number, ushort total, PayloadType firstPayload, ReadOnlySpan<byte> content)
    {
        FragmentNumber = number;
        TotalFragments = total;
        FirstPayload = firstPayload;
        Content = content;
    }

    /// <summary>1 to <see cref="TotalFragments"/>.</summary>
    public ushort FragmentNumber { get; }

    public ushort TotalFragments { get; }

    /// <summary>The first payload of the whole message, in fragment 1; <see cref="PayloadType.None"/> in the others.</summary>
    public PayloadType FirstPayload { get; }

    /// <summary>IV, encrypted content and ICV; their lengths are the cipher's to check.</summary>
    public ReadOnlySpan<byte> Content { get; }

    /// <summary>Reads the payload that <see cref="PayloadReader"/> stands on; its type must be SKF.</summary>
    public static WireError TryRead(PayloadView payload, out EncryptedFragmentView value)
    {
        value = default;
        if (payload.Type != PayloadType.EncryptedFragment) throw new ArgumentException($"{payload.Type} is no SKF payload.", nameof(payload));
        var reader = new WireReader(payload.Body);
        if (!reader.TryReadUInt16(out var number) || !reader.TryReadUInt16(out var total)) return WireError.Truncated;
        if (number == 0 || number > total) return WireError.BadFragment;
        if (number > 1 && payload.Next != PayloadType.None) return WireError.BadFragment;
        value = new EncryptedFragmentView(number, total, payload.Next, reader.TakeRest());
        return WireError.None;
    }

    /// <summary>Writes <see cref="HeaderSize"/> octets: what stands between the generic header and the IV.</summary>
    public static void WriteHeader(Span<byte> destination, ushort number, ushort total)
    {
        ArgumentOutOfRangeException.ThrowIfZero(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, total);
        BinaryPrimitives.WriteUInt16BigEndian(destination, number);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], total);
    }
}
