using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Post-quantum preshared keys (RFC 8784): whether both ends speak of them, and which keys AUTH is made with.</summary>
internal sealed partial class IkeSa
{
    private IkeKeys? _ppkKeys;

    /// <summary>Both ends said USE_PPK in IKE_SA_INIT.</summary>
    public bool SpeaksOfPpk { get; set; }

    /// <summary>SK_d, SK_pi and SK_pr with the PPK mixed in, where it is in question; else the keys as they are.</summary>
    public IkeKeys AuthKeys => _ppkKeys ?? Keys;

    /// <summary>As initiator, before IKE_AUTH: the keys for a PPK that both ends may have.</summary>
    /// <returns>False if one is required and the peer knows nothing of such keys.</returns>
    public bool TryOfferPpk(IkeConnection connection)
    {
        if (connection.Ppk is not { } ppk) return true;
        if (connection.Credential is AuthenticationCredential.Eap) return !ppk.IsRequired; // not combined: validation says so
        if (SpeaksOfPpk) _ppkKeys ??= Keys.With(ppk, Prf);
        return SpeaksOfPpk || !ppk.IsRequired;
    }

    /// <summary>As initiator: PPK_IDENTITY and, if the peer may do without, the AUTH of keys without it. Call after <see cref="TryOfferPpk"/>.</summary>
    public IEnumerable<Payload> PpkPayloads(IkeConnection connection, SaInitTranscript transcript)
    {
        if (_ppkKeys is null || connection.Ppk is not { } ppk) yield break;
        yield return ppk.Identity;
        if (ppk.IsRequired || connection.Credential is not AuthenticationCredential.PreSharedKey) yield break; // a second signature is not made
        var without = new Authenticator(Prf, Keys, transcript).Produce(connection.Credential, connection.LocalIdentity, asInitiator: true);
        yield return new NotifyPayload(ProtocolId.None, [], NotifyType.NoPpkAuth, without.Data);
    }

    /// <summary>As initiator: the peer's answer says whether it used the PPK; if not, the keys stay as they are.</summary>
    /// <returns>False if it had to.</returns>
    public bool TrySettlePpk(IkeConnection connection, PayloadList response)
    {
        if (_ppkKeys is null || response.Notify(NotifyType.PpkIdentity) is not null) return true;
        _ppkKeys.Dispose();
        _ppkKeys = null;
        return connection.Ppk is not { IsRequired: true };
    }

    /// <summary>As responder: the keys and the AUTH that count for this connection.</summary>
    /// <param name="auth">The request's; the one without PPK if that is what counts.</param>
    /// <returns>False if the connection requires a PPK that the peer does not name, or the peer one that we do not have.</returns>
    public bool TryChoosePpk(IkeConnection connection, PayloadList request, ref AuthPayload auth)
    {
        _ppkKeys?.Dispose();
        _ppkKeys = null;
        var identity = SpeaksOfPpk ? request.Notify(NotifyType.PpkIdentity) : null;
        if (identity is not null && connection.Ppk is { } ppk && ppk.IsNamedBy(identity))
        {
            _ppkKeys = Keys.With(ppk, Prf);
            return true;
        }

        if (connection.Ppk is { IsRequired: true }) return false;
        if (identity is null) return true;
        if (request.Notify(NotifyType.NoPpkAuth) is not { } without) return false;
        auth = auth with { Data = without.Data };
        return true;
    }

    /// <summary>AUTH is verified: the keys that it was made with are those of the SA.</summary>
    /// <returns>Whether a PPK is in them.</returns>
    public bool AdoptAuthKeys()
    {
        if (_ppkKeys is not { } adopted) return false;
        _ppkKeys = null;
        _keys!.Dispose();
        _keys = adopted;
        return true;
    }
}
