namespace EdgeVpn.Model.Proposals;

/// <summary>IKEv2 transform types under their IANA numbers (RFC 7296 §3.3.2, RFC 9370 §2.2.1).</summary>
public enum TransformKind : byte
{
    Encryption = 1,
    Prf = 2,
    Integrity = 3,
    KeyExchange = 4,
    Esn = 5,
    AdditionalKeyExchange1 = 6,
    AdditionalKeyExchange2 = 7,
    AdditionalKeyExchange3 = 8,
    AdditionalKeyExchange4 = 9,
    AdditionalKeyExchange5 = 10,
    AdditionalKeyExchange6 = 11,
    AdditionalKeyExchange7 = 12,
}

/// <summary>One algorithm as IKEv2 numbers it, without depending on the engine.</summary>
/// <param name="Kind">Transform type.</param>
/// <param name="Id">IANA transform ID.</param>
/// <param name="KeyLength">Key length in bits; 0: the attribute is absent.</param>
public readonly record struct ProposalTransform(TransformKind Kind, ushort Id, ushort KeyLength = 0);

/// <summary>Which SA a proposal is for.</summary>
public enum ProposalUse
{
    Ike,
    Esp,
}
