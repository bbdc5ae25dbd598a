namespace EdgeVpn.Linux;

/// <summary>What a read, write, receive or send came to: a count, or an error number. A value, because the packet path never throws.</summary>
public readonly struct IoResult
{
    private readonly int _value; // as the kernel returns it: a count, or −errno

    private IoResult(int value) => _value = value;

    public bool IsOk => _value >= 0;

    /// <summary>Octets (or messages, for a batch); zero after an error.</summary>
    public int Count => _value > 0 ? _value : 0;

    public Errno Error => _value < 0 ? (Errno)(-_value) : Errno.None;

    /// <summary>Nothing to read now, or no room to send now.</summary>
    public bool WouldBlock => Error == Errno.EAGAIN;

    internal static IoResult Ok(int count) => new(count);

    internal static IoResult Failed(Errno error) => new(-(int)error);

    public override string ToString() => IsOk ? $"{Count}" : $"{Error}";
}
