using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>One DNS question over UDP (RFC 1035 §4.1), asked by a host of the lab.</summary>
public static class NameQuestion
{
    // The address stands in the last four octets of the answer.
    private const string Script = """
        import socket, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3)
        q = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"".join(bytes([len(l)]) + l.encode() for l in sys.argv[2].split(".")) + b"\x00\x00\x01\x00\x01"
        s.sendto(q, (sys.argv[1], 53)); a = s.recv(512); print(socket.inet_ntoa(a[-4:]))
        """;

    /// <returns>The IPv4 address of <paramref name="name"/>; empty if the server did not answer.</returns>
    public static async Task<string> AskAsync(Lab lab, Node node, string server, string name) =>
        (await lab.TryRunAsync(node, ["python3", "-c", Script, server, name])).Output.Trim();
}
