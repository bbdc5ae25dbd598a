namespace EdgeVpn.Appliance.Pki;

/// <summary>A certificate or key of our own configuration cannot be used; the message is one sentence for a person and quotes no secret.</summary>
public sealed class PkiException(string message, Exception? inner = null) : Exception(message, inner);
