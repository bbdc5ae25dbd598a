using System.Net.Http.Headers;

namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>Fetches revocation lists and OCSP answers; a test puts its own in place.</summary>
public interface IRevocationFetcher
{
    /// <summary>Gets <paramref name="place"/>, or posts <paramref name="question"/> to it. Blocks, not longer than <paramref name="patience"/>.</summary>
    /// <returns>The answer's octets, or null with the <paramref name="fault"/>.</returns>
    byte[]? Fetch(Uri place, byte[]? question, int maxOctets, TimeSpan patience, out string? fault);
}

/// <summary>By HTTP, without redirection, cookies, proxies or compression.</summary>
public sealed class HttpRevocationFetcher : IRevocationFetcher, IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        MaxConnectionsPerServer = 2,
    });

    public byte[]? Fetch(Uri place, byte[]? question, int maxOctets, TimeSpan patience, out string? fault)
    {
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            using var request = new HttpRequestMessage(question is null ? HttpMethod.Get : HttpMethod.Post, place);
            if (question is not null)
            {
                request.Content = new ByteArrayContent(question);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
            }

            using var response = _client.Send(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (!response.IsSuccessStatusCode)
            {
                fault = $"{place} answers {(int)response.StatusCode}";
                return null;
            }

            return ReadAll(response, place, maxOctets, deadline.Token, out fault);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            fault = exception is OperationCanceledException
                ? $"{place} did not answer within {patience.TotalSeconds:0.#} s"
                : $"{place} cannot be reached: {exception.Message}";
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    private static byte[]? ReadAll(HttpResponseMessage response, Uri place, int maxOctets, CancellationToken deadline, out string? fault)
    {
        using var stream = response.Content.ReadAsStream(deadline);
        using var cut = deadline.Register(static stream => ((Stream)stream!).Dispose(), stream); // a synchronous read heeds no token
        var octets = new byte[4_096];
        var length = 0;
        while (true)
        {
            int read;
            try
            {
                read = stream.Read(octets.AsSpan(length));
            }
            catch (ObjectDisposedException)
            {
                throw new OperationCanceledException(deadline);
            }

            if (read == 0) break;
            length += read;
            if (length > maxOctets)
            {
                fault = $"{place} sends more than {maxOctets} octets";
                return null;
            }

            if (length == octets.Length) Array.Resize(ref octets, Math.Min(octets.Length * 2, maxOctets + 1));
        }

        fault = null;
        return octets[..length];
    }
}
