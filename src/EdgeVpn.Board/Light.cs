namespace EdgeVpn.Board;

/// <summary>The four lights, in the order they stand on the box and the order of the chase.</summary>
public enum Light
{
    Power,
    Wan,
    Vpn,
    Cloud,
}
