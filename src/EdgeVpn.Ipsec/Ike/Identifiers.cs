namespace EdgeVpn.Ipsec.Ike;

/// <summary>Names an IKE SA within one endpoint for as long as it lives; a rekey makes a new one.</summary>
public readonly record struct IkeSaId(long Value)
{
    public override string ToString() => $"ike#{Value}";
}

/// <summary>Names a pair of ESP SAs within one endpoint; a rekey makes a new one.</summary>
public readonly record struct ChildSaId(long Value)
{
    public override string ToString() => $"child#{Value}";
}
