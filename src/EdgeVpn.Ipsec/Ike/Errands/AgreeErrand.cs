using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike.Errands;

/// <summary>The shared secret of a slow group. Owns the private value before, and the secret after.</summary>
internal sealed class AgreeErrand : Errand
{
    private readonly KeyAgreement _agreement;
    private Secret? _shared;

    private AgreeErrand(KeyAgreement agreement, byte[] publicValue) => (_agreement, PublicValue) = (agreement, publicValue);

    /// <summary>Our own half: the Key Exchange Data that is sent.</summary>
    public byte[] PublicValue { get; }

    /// <param name="ours">The errand's from now on.</param>
    /// <param name="peer">The peer's Key Exchange Data.</param>
    public static AgreeErrand Of(IKeyExchangeInitiation ours, ReadOnlySpan<byte> peer) => new(new KeyAgreement(ours, peer), ours.PublicValue);

    public override IkeOutput Ask(IkeSa sa) => new IkeOutput.Agree(Work, sa.Id, sa.ConnectionName, _agreement);

    /// <summary>The secret, the caller's from now on; null if the peer's value was refused.</summary>
    public Secret? TakeShared()
    {
        var shared = _shared;
        _shared = null;
        return shared;
    }

    public override void Dispose()
    {
        _agreement.Dispose();
        _shared?.Dispose();
        _shared = null;
        base.Dispose();
    }

    protected override bool Take(IkeInput.Returned returned)
    {
        if (returned is not IkeInput.Agreed agreed) return false;
        _shared = agreed.Shared;
        return true;
    }
}
