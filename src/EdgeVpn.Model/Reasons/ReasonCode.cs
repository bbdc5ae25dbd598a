namespace EdgeVpn.Model.Reasons;

/// <summary>The reasons by name, for code that has found one: <c>ReasonCode.WrongSecret</c>. One file per first digit.</summary>
public static partial class ReasonCode;
