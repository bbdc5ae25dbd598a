using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace EdgeVpn.Demo.Cast;

/// <summary>
/// One question to the daemon's control socket: a line of JSON there, lines of JSON back. The lights are asked for several times a
/// second; a process each time would be the demo's largest load.
/// </summary>
public static class ControlSocket
{
    /// <summary>The <c>result</c> of an answer; null if the daemon is not there (yet, or any more) or answers with an error.</summary>
    public static async Task<JsonNode?> AskAsync(string path, string command, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(new JsonObject { ["command"] = command }.ToJsonString() + "\n"), cancel);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            while (await reader.ReadLineAsync(cancel) is { } line)
            {
                var answer = JsonNode.Parse(line);
                if (answer?["result"] is { } result) return result;
                if (answer?["error"] is not null) return null;
            }

            return null;
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            return null;
        }
    }
}
