namespace EdgeVpn.Interop.Net;

/// <summary>The five namespaces of a lab, from left to right.</summary>
public enum Node
{
    /// <summary>A host behind the branch's box.</summary>
    BranchLan,

    /// <summary>The branch's box: lan0, wan0.</summary>
    Box,

    /// <summary>The internet: one router, with NAT for the branch if asked; wb0 towards the box, wc0 towards the gateway.</summary>
    Internet,

    /// <summary>The cloud's gateway: wan0, lan0.</summary>
    Gateway,

    /// <summary>A host behind the cloud's gateway.</summary>
    CloudLan,
}

/// <summary>The two links on which nothing protected may be seen in clear.</summary>
public enum WanLink
{
    Branch,
    Cloud,
}
