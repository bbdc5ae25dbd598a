using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using EdgeVpn.Interop.Net;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>A browser without a face beside the console, on the internet's host: keeps cookies, sends forms as our own pages do.</summary>
internal sealed partial class ConsoleBrowser : IDisposable
{
    internal const int Port = 8080;
    private readonly HttpClient _client;

    internal ConsoleBrowser(Lab lab) => _client = new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = true,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = NetnsSockets.Open(lab, Node.Internet, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Whether the console answers already: its broker is there before its pages are.</summary>
    internal async Task<bool> IsAnsweredAsync()
    {
        try
        {
            using var _ = await _client.GetAsync(new Uri("/account", UriKind.Relative));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    internal async Task<string> PageAsync(string path)
    {
        var answer = await _client.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {text}");
        return text;
    }

    /// <returns>The page that it leads to.</returns>
    internal async Task<string> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        var account = await _client.GetAsync(new Uri("/account", UriKind.Relative));
        var token = Token().Match(await account.Content.ReadAsStringAsync()).Groups[1].Value; // none before the first account
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Append(("token", token)).Select(static f => KeyValuePair.Create(f.Item1, f.Item2))),
        };
        request.Headers.Add("Origin", _client.BaseAddress!.GetLeftPart(UriPartial.Authority));
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        var answer = await _client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {text}");
        return text;
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("name=\"token\" value=\"([0-9a-f]+)\"")]
    private static partial Regex Token();
}
