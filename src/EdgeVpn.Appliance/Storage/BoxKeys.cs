using System.Security.Cryptography;
using EdgeVpn.Model.Jose;

namespace EdgeVpn.Appliance.Storage;

/// <summary>A box's own two key pairs on P-256: one signs (certificate requests, TLS), to the other secrets are sealed.</summary>
/// <remarks>The private halves are used through the BCL's classes, so that a TPM's may stand behind them; <see cref="BoxKeyFile"/> holds them in a file.</remarks>
public interface IBoxKeys : IDisposable
{
    /// <summary>Who the box is: in its certificate, and the fingerprint that people compare.</summary>
    ECDsa Identity { get; }

    /// <summary>Opens what was sealed to the box.</summary>
    ECDiffieHellman Sealing { get; }
}

/// <summary>Keys in one PEM file of mode 0600: made on the box, and never anywhere else.</summary>
public sealed class BoxKeyFile : IBoxKeys
{
    private BoxKeyFile(ECDsa identity, ECDiffieHellman sealing) => (Identity, Sealing) = (identity, sealing);

    public ECDsa Identity { get; }

    public ECDiffieHellman Sealing { get; }

    public static BoxKeyFile Make() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256), ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>PEM text, as octets; the caller zeroes them.</summary>
    public byte[] ToPem()
    {
        var identity = Pem(Identity.ExportPkcs8PrivateKey());
        var sealing = Pem(Sealing.ExportPkcs8PrivateKey());
        byte[] all = [.. identity, .. sealing];
        CryptographicOperations.ZeroMemory(identity);
        CryptographicOperations.ZeroMemory(sealing);
        return all;
    }

    /// <summary>Null if these octets are not two private keys on P-256, identity first.</summary>
    public static BoxKeyFile? Read(byte[] pem)
    {
        var text = new char[pem.Length];
        var identity = ECDsa.Create();
        var sealing = ECDiffieHellman.Create();
        try
        {
            if (System.Text.Ascii.ToUtf16(pem, text, out _) != System.Buffers.OperationStatus.Done) return null;
            if (!PemEncoding.TryFind(text, out var first)) return null;
            var rest = text.AsSpan(first.Location.End.Value);
            if (!PemEncoding.TryFind(rest, out var second)) return null;
            identity.ImportFromPem(text.AsSpan(first.Location));
            sealing.ImportFromPem(rest[second.Location]);
            _ = P256Key.Of(identity);
            _ = P256Key.Of(sealing);
            (var keys, identity, sealing) = (new BoxKeyFile(identity, sealing), null, null);
            return keys;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            return null;
        }
        finally
        {
            Array.Clear(text);
            identity?.Dispose();
            sealing?.Dispose();
        }
    }

    public void Dispose()
    {
        Identity.Dispose();
        Sealing.Dispose();
    }

    private static byte[] Pem(byte[] pkcs8)
    {
        var text = PemEncoding.Write("PRIVATE KEY", pkcs8);
        CryptographicOperations.ZeroMemory(pkcs8);
        var octets = new byte[text.Length + 1];
        for (var i = 0; i < text.Length; i++) octets[i] = (byte)text[i];
        octets[^1] = (byte)'\n';
        Array.Clear(text);
        return octets;
    }
}
