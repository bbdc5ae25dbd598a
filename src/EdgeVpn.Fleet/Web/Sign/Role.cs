namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>What an account may do; each includes the ones before it.</summary>
public enum Role
{
    /// <summary>Looks.</summary>
    Viewer,

    /// <summary>And has boxes do things, and rolls out what lies in the fleet's folder.</summary>
    Operator,

    /// <summary>And lets boxes and people in and out, and reads the audit log.</summary>
    Admin,
}
