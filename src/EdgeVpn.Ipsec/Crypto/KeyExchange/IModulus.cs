namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Exponentiation modulo one public odd prime: the only costly step of a MODP group, and the one another library may do faster.</summary>
/// <remarks>Time must not depend on the exponent's content. Called from several threads.</remarks>
public interface IModulus
{
    /// <summary><paramref name="value"/> to the power of <paramref name="exponent"/>.</summary>
    /// <param name="value">As long as the modulus, less than it.</param>
    /// <param name="exponent">Secret; its length is not.</param>
    /// <param name="result">As long as the modulus.</param>
    void Power(ReadOnlySpan<byte> value, ReadOnlySpan<byte> exponent, Span<byte> result);
}
