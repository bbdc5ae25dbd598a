using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Key exchanges between IKE_SA_INIT and IKE_AUTH (RFC 9242, RFC 9370 §2.2.2).</summary>
internal sealed partial class IkeSa
{
    private IntermediateAuth _intermediateAuth = IntermediateAuth.None;
    private byte[] _intermediateSent = [];
    private byte[] _intermediateReceived = [];
    private SkEnvelope? _previousEnvelope;

    /// <summary>The peer said CHILDLESS_IKEV2_SUPPORTED (RFC 6023 §3).</summary>
    public bool IsPeerChildless { get; set; }

    /// <summary>How many of <see cref="IkeSuite.AdditionalKeyExchanges"/> are done before IKE_AUTH.</summary>
    public int IntermediatesDone { get; private set; }

    /// <summary>The method of the next IKE_INTERMEDIATE; NONE when IKE_AUTH is next.</summary>
    public KeyExchangeMethod NextIntermediate => Suite!.AdditionalKeyExchanges.IsDefaultOrEmpty || IntermediatesDone >= Suite.AdditionalKeyExchanges.Length
        ? KeyExchangeMethod.None
        : Suite.AdditionalKeyExchanges[IntermediatesDone];

    /// <summary>Both messages of an IKE_INTERMEDIATE went over the wire: they will be signed, and the keys change.</summary>
    /// <returns>The transcript for IKE_AUTH, if that is next.</returns>
    public SaInitTranscript CompleteIntermediate(SaInitTranscript transcript, Secret shared)
    {
        var (request, response) = WeInitiated ? (_intermediateSent, _intermediateReceived) : (_intermediateReceived, _intermediateSent);
        _intermediateAuth = _intermediateAuth.After(Prf, Keys, request, response);
        IntermediatesDone++;
        _previousEnvelope?.Dispose();
        _previousEnvelope = _envelope;
        using (var old = Keys)
            SetKeys(Suite!, Prf, IkeKeys.DeriveRekeyed(Prf, old.SkD, Prf, Suite!, shared, transcript.Ni, transcript.Nr, InitiatorSpi, ResponderSpi));
        return transcript with { IntAuth = _intermediateAuth.Signed(WeInitiated ? NextRequestId : _window.ExpectedRequestId) };
    }

    private void NoteIntermediateSent(IkeHeader header, IReadOnlyList<Payload> payloads)
    {
        if (header.Exchange == ExchangeType.IkeIntermediate) _intermediateSent = IntermediateAuth.Covered(header, payloads);
    }

    private void NoteIntermediateReceived(IkeHeader header, SkEnvelope.OpenResult result)
    {
        if (header.Exchange == ExchangeType.IkeIntermediate && result == SkEnvelope.OpenResult.Ok)
            _intermediateReceived = IntermediateAuth.Covered(header, _envelope!.OpenedFirst, _envelope.OpenedChain.Span);
    }

    /// <summary>The peer repeats its last request, perhaps under the keys of before.</summary>
    private bool IsFirstFragment(ReadOnlySpan<byte> datagram) =>
        _envelope!.IsFirstFragment(datagram) || (_previousEnvelope?.IsFirstFragment(datagram) ?? false);

    private void ForgetIntermediate()
    {
        _previousEnvelope?.Dispose();
        _previousEnvelope = null;
        _intermediateSent = _intermediateReceived = [];
    }
}
