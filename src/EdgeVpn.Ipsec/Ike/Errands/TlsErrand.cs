using EdgeVpn.Ipsec.Ike.Eap.Tls;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>One flight of TLS inside EAP, taken by who has our key and the authorities.</summary>
/// <param name="server">Whom the server's certificate must be for.</param>
internal sealed class TlsErrand(string connection, Identification server, TlsConversation conversation, byte[] records) : Errand
{
    private TlsAnswer? _answer;

    /// <summary>Once it is back.</summary>
    public TlsAnswer Answer => _answer ?? throw new InvalidOperationException("The errand is not back.");

    public override IkeOutput Ask(IkeSa sa) => new IkeOutput.SpeakTls(Work, sa.Id, connection, server, conversation, records);

    protected override bool Take(IkeInput.Returned returned)
    {
        if (returned is not IkeInput.TlsSpoken spoken) return false;
        _answer = spoken.Answer;
        return true;
    }
}
