using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>Keys made for these tests alone, in PKCS #8.</summary>
internal static class TestKeys
{
    public static byte[] Rsa2048 { get; } = Convert.FromBase64String(
        "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDAN51FvKdkakurK5iJZFGNJbr2Ho5n27vyEVnvTGq31ONA1HjUGIY1Uj6YtwmM+lZ1tle+" +
        "Eg8Dl24Jbd8bkMvMzDJPCYX3ERIp/9bUPOc4qHsylQqHxd5+KaCEu3BiqnZCgetlugqFolXKhjly4okEvuQCYXUt9Mbs5CKf1EgxhN14OaNSVe89cToJQkSW" +
        "q5+nEgJgqZ8fZgp+EX9rSa/tfmOfIoahrRSQv83U65gpzRuIkMe/ackHvt0/SIMWZ91kagvCHEMFTN9hlx5s4d8Zw8/7U4kQpGotuIuJkxryV5SLV3W9DS6n" +
        "VuSMyYQqqZTQUbt9vu7wDk0DWv/UHxb3AgMBAAECggEACwsG6kCWPggh/xxa6psiA6HFIH+36b1E387huQRNu0Wr+rJaRhZ/Rg/1ZbEFB52YRbIApNGvyCKK" +
        "jAMicW3RBPE++1h44wK5kEJ7tVInFz5iuZC40VJrtRmEzdYLn7eFt3jJrTH83xmTo+DbQGpFufPnm0ATIIfyvR225DIo0E4QHS7RSjJN0fbd4GZT1bB11Lp3" +
        "HzubwPaf3kV+BiLkCIbGL/qu5udlVXyWbJ+r21jZSEFwk8OEVbYijIHSFFSFhQ/zZrkK6GEZnfzLVLP9oW/ddQlwHgEyeq93RPQxFxrj1DEeFFISUb3eqiZd" +
        "wmVdhzTdFPLQcsM3rt33DkzgkQKBgQDuCthCP6zuCITBam8VFqUiTXE7GX7RDzX/dLRwdNJhlX3Ahx7nx8ay6bMhzumQrfcUaaRvvVTCa+qDjCnvInK/+mSZ" +
        "iiNy+HefsGZtLFA+kctwKYLkfx29YJ1xsY9GHdbqGUKgGcSb5/ijJv8R0ZuvgviWpCu1e83ybsAChrwZ5wKBgQDOt8d+Q1X5cuKrJIz6wpSaKm7ZRV9XO0eu" +
        "gclH9wy9fjz84dsyOoHW71GThVDbBvp2aoPOfhHkOS/cXrpdGJke+8wkmw0K7MY+2+Ue45RnQ68nilzmMhb3PMZLtbc/QDm1q4bTqLCdGE+kxCCNj4qHlQHp" +
        "5w5L3+epkdpf0MYYcQKBgFe3m1VeTYUxkmoLpH9q5tMrImyayoaTSlymTs+Z3OSkx8AoipTyox/OynnM23i7Am99NmEOrasvRS3QeqtqUEq6JFQH+WQmdz5b" +
        "LINSbwd/hi4AvgEhbn4YmiwJODioSkfdoxWIKVEiPBczCY8xZGNaqewo9wpbYtrRQOQtbidFAoGASBr6zyQVvSlBv4jEVEPDKfNbLxZvpzHaUxiaaSvXmdGK" +
        "3Hq7xs15tMtNnTOHfJ72ho+o4kI/Y2g/NZMlVovZ/WC/WJVs+z6T+CEjzp57iXmmgxhUR0d5k0vzrzz3amywtJncMcBJusJcJZDz+ezz2U80l64s4nJ7kD57" +
        "+agNMUECgYBf5y4jOBJn5BYDa1+hrS/xxCxqtMTPgOxClpQwv4BrnTWMExz7a6qXohxQpwtktk7qwLJrZ8ewdG9hG7kuT93nVB00w2nh2GmhWoIyHFS8fFIO" +
        "AI0Gw+p9A9pJhUQqcA9x07wpZe4er3qW/TKQMNPOMSIR+dBMrQdwjNq42epklg==");

    public static byte[] P256 { get; } = Convert.FromBase64String(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaD4VNPLD8ZvzC3YP5bCTDOGxNbGIwF0+rWOC51MazvuhRANCAARExba1VYWHsi5f3Q7sGbbW" +
        "JNStB6agUIdl538A2Dr1bKfP/mA5Dmw5EDkZjNlxWwyDfdYNelUBJoUh9kjms5b5");

    public static byte[] P384 { get; } = Convert.FromBase64String(
        "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDAXZi+ktjJpnbaiVnFlnS0/u1tBN0RqDrtIPR1lG6KscOOWQ4+KJN/AIAWN2yckyOhZANiAAQk" +
        "enj3s6jTFseRN/X8P5NoYRtdS5VTUtNVnLzedkBpsB/dKF5VlLQNsRWBGV0pIyveT5L45vWgDvELtEj8oPH8oXyaDJ37GvgYh6NsNGA5kC0RYm/h26U6wFHy" +
        "8pie800=");

    public static byte[] P521 { get; } = Convert.FromBase64String(
        "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIA0E++J5ycHhDA1oIMospIP/AmMp9/LuazmlkTztgvs4w6udDIvc2Lng+aIu38+i1zOmS7M920" +
        "vRhJC2KmjWY7evOhgYkDgYYABABdnxb+v7mjVwNTAFH+94eu1jc4XH09EVdOydEP70nIyyXmrCF2SsZjdPWNWRDt412lyCeB0CeKJwfJk+BvoGTUqwCPbIKQ" +
        "zJ4R1yPEy9OUdRZwdXwyy3khxsJjIP2IakXFDmeUJbLldNSluTENzC6TYGbcWFtSAUJi6gAk8e5vZKSREg==");

    public static byte[] Ed25519 { get; } = Convert.FromBase64String(
        "MC4CAQAwBQYDK2VwBCIEIPIQrH0X2df1btiRk4/qx5rLqfg/oWUaCZ/pcJ4jsSYu");

    public static SignaturePrivateKey Private(SignatureKeyKind kind) => SignaturePrivateKey.ImportPkcs8(Pkcs8(kind));

    public static SignaturePublicKey Public(SignatureKeyKind kind) =>
        SignaturePublicKey.TryImport(SubjectPublicKeyInfo(kind), out var key) ? key : throw new InvalidOperationException($"The test key {kind} was refused.");

    public static byte[] Pkcs8(SignatureKeyKind kind) => kind switch
    {
        SignatureKeyKind.Rsa => Rsa2048,
        SignatureKeyKind.EcP256 => P256,
        SignatureKeyKind.EcP384 => P384,
        SignatureKeyKind.EcP521 => P521,
        _ => Ed25519,
    };

    public static byte[] SubjectPublicKeyInfo(SignatureKeyKind kind)
    {
        switch (kind)
        {
            case SignatureKeyKind.Rsa:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportPkcs8PrivateKey(Rsa2048, out _);
                    return rsa.ExportSubjectPublicKeyInfo();
                }

            case SignatureKeyKind.Ed25519:
                var seed = new Org.BouncyCastle.Crypto.Parameters.Ed25519PrivateKeyParameters(Ed25519, 16);
                return Ed25519Info(seed.GeneratePublicKey().GetEncoded());

            default:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportPkcs8PrivateKey(Pkcs8(kind), out _);
                    return ecdsa.ExportSubjectPublicKeyInfo();
                }
        }
    }

    /// <summary>RFC 8410 §4: the identifier without parameters, then the 32 octets.</summary>
    public static byte[] Ed25519Info(byte[] publicKey) => [.. Hex.Octets("302a 3005 0603 2b6570 0321 00"), .. publicKey];
}
