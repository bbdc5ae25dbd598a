using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Laboratories only: appends the keys of every SA to a file, one JSON object per line, so that a capture can be read.</summary>
internal sealed class KeyExport(string file)
{
    public void Ike(IkeOutput.KeysExported keys) => Append(
        $$"""{"kind":"ike","initiatorSpi":"{{keys.InitiatorSpi:x16}}","responderSpi":"{{keys.ResponderSpi:x16}}","encryption":"{{keys.Suite.Encryption}}","keyLength":{{keys.Suite.KeyLength}},"integrity":"{{keys.Suite.Integrity}}","skEi":"{{Hex(keys.Keys.SkEi)}}","skEr":"{{Hex(keys.Keys.SkEr)}}","skAi":"{{Hex(keys.Keys.SkAi)}}","skAr":"{{Hex(keys.Keys.SkAr)}}"}""");

    public void Child(IkeOutput.InstallChildSa child)
    {
        Esp(child.Path.Remote.Address.ToString(), child.Path.Local.Address.ToString(), child.Inbound);
        Esp(child.Path.Local.Address.ToString(), child.Path.Remote.Address.ToString(), child.Outbound);
    }

    private void Esp(string from, string to, Ipsec.Esp.EspSaParameters sa) => Append(
        $$"""{"kind":"esp","source":"{{from}}","destination":"{{to}}","spi":"{{sa.Spi:x8}}","encryption":"{{sa.Suite.Encryption}}","keyLength":{{sa.Suite.KeyLength}},"integrity":"{{sa.Suite.Integrity}}","encryptionKey":"{{Hex(sa.EncryptionKey.Octets)}}","integrityKey":"{{Hex(sa.IntegrityKey.Octets)}}"}""");

    private void Append(string line)
    {
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.WriteLine(line);
    }

    private static string Hex(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(octets);
}
