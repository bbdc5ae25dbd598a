namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Exponentiation modulo one odd number, in time that does not depend on the exponent's value: finite-field Diffie-Hellman.</summary>
/// <remarks>The Montgomery form of the modulus is kept. One thread at a time. Secrets inside are wiped when freed.</remarks>
public sealed unsafe class ModularGroup : IDisposable
{
    private const int BN_FLG_CONSTTIME = 0x04;

    private readonly CryptoFunctions _crypto = CryptoFunctions.Value;
    private readonly CryptoHandle _modulus;
    private readonly CryptoHandle _montgomery;
    private readonly CryptoHandle _scratch;

    /// <param name="modulus">Odd, big-endian.</param>
    public ModularGroup(ReadOnlySpan<byte> modulus)
    {
        if (modulus.IsEmpty || (modulus[^1] & 1) == 0) throw new ArgumentException("An odd modulus is wanted.", nameof(modulus));
        ModulusOctets = modulus.Length;
        _modulus = Number(modulus);
        _scratch = new CryptoHandle(_crypto.BnContextNew(), _crypto.BnContextFree, "BN_CTX_new");
        _montgomery = new CryptoHandle(_crypto.MontgomeryNew(), _crypto.MontgomeryFree, "BN_MONT_CTX_new");
        if (_crypto.MontgomerySet(_montgomery.Pointer, _modulus.Pointer, _scratch.Pointer) != 1) throw LibcryptoException.Last("BN_MONT_CTX_set");
    }

    /// <summary>Length of every result.</summary>
    public int ModulusOctets { get; }

    /// <summary>Writes <c>value ^ exponent mod modulus</c>.</summary>
    /// <param name="value">Big-endian; whether it is a sound public value is the caller's to check.</param>
    /// <param name="exponent">Big-endian, secret. Its length in octets may show in the time, its value does not.</param>
    /// <param name="destination">At least <see cref="ModulusOctets"/>; big-endian with leading zeros.</param>
    public void Power(ReadOnlySpan<byte> value, ReadOnlySpan<byte> exponent, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_modulus.IsClosed, this);
        if (destination.Length < ModulusOctets) throw new ArgumentException("The destination is too short.", nameof(destination));
        using var power = Number(value);
        using var secret = Number(exponent);
        _crypto.BnSetFlags(secret.Pointer, BN_FLG_CONSTTIME);
        using var result = new CryptoHandle(_crypto.BnNew(), _crypto.BnClearFree, "BN_new");
        if (_crypto.BnModExpConstantTime(result.Pointer, power.Pointer, secret.Pointer, _modulus.Pointer, _scratch.Pointer, _montgomery.Pointer) != 1)
            throw LibcryptoException.Last("BN_mod_exp_mont_consttime");
        fixed (byte* to = destination)
        {
            if (_crypto.BnToOctetsPadded(result.Pointer, to, ModulusOctets) != ModulusOctets) throw LibcryptoException.Last("BN_bn2binpad");
        }

        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _montgomery.Dispose();
        _scratch.Dispose();
        _modulus.Dispose();
    }

    private CryptoHandle Number(ReadOnlySpan<byte> octets)
    {
        fixed (byte* start = octets) return new CryptoHandle(_crypto.BnFromOctets(start, octets.Length, 0), _crypto.BnClearFree, "BN_bin2bn");
    }
}
