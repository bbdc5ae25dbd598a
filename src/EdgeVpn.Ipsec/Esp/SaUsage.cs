namespace EdgeVpn.Ipsec.Esp;

/// <summary>What one direction of an SA has done: packets, octets, and one counter per refusal.</summary>
/// <remarks>Written by whoever holds the SA's gate; read by anybody at any time. Each value is exact, two of them need not be of one moment.</remarks>
public sealed class SaUsage
{
    private static readonly int RefusalCount = Enum.GetValues<EspRefusal>().Length;

    private readonly ulong[] _refusals = new ulong[RefusalCount];
    private ulong _packets;
    private ulong _octets;
    private ulong _cipherOctets;

    /// <summary>Packets sealed, or opened and delivered.</summary>
    public ulong Packets => Volatile.Read(ref _packets);

    /// <summary>Octets of the inner packets of those.</summary>
    public ulong Octets => Volatile.Read(ref _octets);

    /// <summary>Octets that went through the cipher: padding, dummies and packets refused after decryption included.</summary>
    public ulong CipherOctets => Volatile.Read(ref _cipherOctets);

    /// <summary>Packets refused for <paramref name="reason"/>.</summary>
    public ulong Refused(EspRefusal reason) => Volatile.Read(ref _refusals[(int)reason]);

    /// <summary>Packets refused for whatever reason; dummies are not counted as refused.</summary>
    public ulong RefusedInAll
    {
        get
        {
            ulong sum = 0;
            for (var i = 1; i < RefusalCount; i++)
                sum += i == (int)EspRefusal.Dummy ? 0 : Volatile.Read(ref _refusals[i]);
            return sum;
        }
    }

    internal void CountCipher(int octets) => Volatile.Write(ref _cipherOctets, _cipherOctets + (uint)octets);

    internal void CountPacket(int innerOctets)
    {
        Volatile.Write(ref _packets, _packets + 1);
        Volatile.Write(ref _octets, _octets + (uint)innerOctets);
    }

    internal EspRefusal Count(EspRefusal reason)
    {
        Volatile.Write(ref _refusals[(int)reason], _refusals[(int)reason] + 1);
        return reason;
    }
}
