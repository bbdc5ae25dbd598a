using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>Our AUTH payload, by a key that only the shell has.</summary>
internal sealed class SignErrand(string connection, AuthenticationMethod method, SignatureScheme scheme, byte[] octets) : Errand
{
    private byte[] _data = [];

    public AuthPayload Auth => new(method, _data);

    public override IkeOutput Ask(IkeSa sa) => new IkeOutput.Sign(Work, sa.Id, connection, method, scheme, octets);

    protected override bool Take(IkeInput.Returned returned)
    {
        if (returned is not IkeInput.Signed signed) return false;
        _data = signed.AuthenticationData;
        return true;
    }
}
