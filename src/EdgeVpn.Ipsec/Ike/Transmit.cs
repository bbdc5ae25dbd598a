namespace EdgeVpn.Ipsec.Ike;

/// <summary>One IKE datagram to send. The shell adds the non-ESP marker where the path's local port is not 500.</summary>
/// <param name="Path">From where to where.</param>
/// <param name="Length">Octets written to the caller's buffer.</param>
public readonly record struct Transmit(Path Path, int Length);
