namespace EdgeVpn.Ipsec.Wire;

/// <summary>Why octets from a peer could not be read. A value, never an exception; each cause has its own name and counter.</summary>
public enum WireError : byte
{
    None = 0,

    /// <summary>The octets end, or the enclosing length ends, within a field.</summary>
    Truncated,

    /// <summary>A length that its own fields do not fit into, or that its type does not have.</summary>
    BadLength,

    /// <summary>Octets remain after the last payload or the last substructure.</summary>
    TrailingOctets,

    /// <summary>The header's Length is not the length of the datagram (RFC 7296 §3.1).</summary>
    HeaderLengthMismatch,

    /// <summary>The initiator's SPI is zero (RFC 7296 §3.1).</summary>
    ZeroInitiatorSpi,

    /// <summary>More payloads than <see cref="PayloadReader.MaxPayloads"/>.</summary>
    TooManyPayloads,

    /// <summary>An SA payload without proposals, or a proposal without transforms (RFC 7296 §3.3).</summary>
    EmptyProposal,

    /// <summary>Proposal numbers that do not grow (RFC 7296 §3.3.1).</summary>
    BadProposalNumber,

    /// <summary>A "last substructure" octet that contradicts what follows (RFC 7296 §3.3.1, §3.3.2).</summary>
    BadSubstructureMarker,

    /// <summary>A count that is not the number of elements that follow (transforms, SPIs, selectors).</summary>
    CountMismatch,

    /// <summary>An SPI whose size is not its protocol's (RFC 7296 §3.3.1, §3.11).</summary>
    BadSpiSize,

    /// <summary>More attributes than a transform or a configuration payload may hold here.</summary>
    TooManyAttributes,

    /// <summary>More SPIs than <see cref="Payloads.DeletePayload.MaxSpis"/>.</summary>
    TooManySpis,

    /// <summary>A nonce outside 16–256 octets (RFC 7296 §3.9).</summary>
    BadNonceLength,

    /// <summary>A traffic selector that ends before it starts (RFC 7296 §3.13.1).</summary>
    BadSelectorRange,

    /// <summary>Fragment number zero or above the total, or a later fragment that names a payload (RFC 7383 §2.5).</summary>
    BadFragment,
}
