using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>Where people sign in instead of here.</summary>
/// <param name="Issuer">As its discovery document and its tokens name it; https, or http on loopback.</param>
/// <param name="ClientId">This console there.</param>
/// <param name="ClientSecret">Null for a public client; PKCE is used in any case.</param>
/// <param name="Claim">Of the ID token: the account's name here.</param>
public sealed record OidcOptions(Uri Issuer, string ClientId, string? ClientSecret, string Claim = "email");

/// <summary>Somebody could not be signed in by the issuer; one sentence.</summary>
public sealed class OidcException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>OpenID Connect by authorization code with PKCE (RFC 7636): the issuer says who somebody is, the accounts here say what they may do.</summary>
public sealed class OidcClient(OidcOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Sign-ins under way.</summary>
    public const int MostPending = 1_000;

    private const int MaxOctets = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(15), MaxResponseContentBufferSize = MaxOctets };
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pending> _pending = [];

    /// <summary>On the button.</summary>
    public string Name => options.Issuer.Host;

    /// <summary>Begins a sign-in.</summary>
    /// <param name="redirect">Where the issuer sends the browser back to.</param>
    /// <param name="cancel">Give up.</param>
    /// <returns>Where to send the browser, and what its cookie is to say until it comes back.</returns>
    /// <exception cref="OidcException">The issuer cannot be asked.</exception>
    public async Task<(Uri Go, string Browser)> BeginAsync(Uri redirect, CancellationToken cancel)
    {
        using var discovery = await DiscoverAsync(cancel).ConfigureAwait(false);
        var (state, pending) = (Sessions.Secret(), new Pending(Sessions.Secret(), Sessions.Secret(), Sessions.Secret(), redirect, time.GetUtcNow() + Patience));
        lock (_lock)
        {
            foreach (var (key, old) in _pending.ToArray())
                if (old.End < time.GetUtcNow()) _pending.Remove(key);
            if (_pending.Count >= MostPending) _pending.Remove(_pending.MinBy(static p => p.Value.End).Key);
            _pending[state] = pending;
        }

        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(pending.Verifier)));
        var query = Form(
            ("response_type", "code"), ("client_id", options.ClientId), ("redirect_uri", redirect.AbsoluteUri), ("scope", "openid email profile"), ("state", state), ("nonce", pending.Nonce),
            ("code_challenge", challenge), ("code_challenge_method", "S256"));
        var endpoint = Endpoint(discovery.RootElement, "authorization_endpoint");
        return (new Uri(endpoint.AbsoluteUri + (endpoint.Query.Length == 0 ? "?" : "&") + query), pending.Browser);
    }

    /// <summary>Ends a sign-in: who came back.</summary>
    /// <param name="state">As the browser brought it.</param>
    /// <param name="code">As the browser brought it.</param>
    /// <param name="browser">What its cookie says: the one that began, or nobody.</param>
    /// <param name="cancel">Give up.</param>
    /// <returns>The claim that names the account.</returns>
    /// <exception cref="OidcException">It is not one of ours, or the issuer's word does not hold.</exception>
    public async Task<string> EndAsync(string state, string code, string? browser, CancellationToken cancel)
    {
        Pending? pending;
        lock (_lock)
        {
            if (!_pending.Remove(state, out pending)) pending = null;
        }

        if (pending is null || pending.End < time.GetUtcNow() || browser is null || !Sessions.Same(pending.Browser, browser)) throw new OidcException("This sign-in was not begun here, or too long ago.");
        using var discovery = await DiscoverAsync(cancel).ConfigureAwait(false);
        List<(string, string)> fields =
        [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", pending.Redirect.AbsoluteUri), ("client_id", options.ClientId), ("code_verifier", pending.Verifier),
        ];
        if (options.ClientSecret is { } secret) fields.Add(("client_secret", secret));
        using var request = new HttpRequestMessage(HttpMethod.Post, Endpoint(discovery.RootElement, "token_endpoint"))
        {
            Content = new StringContent(Form([.. fields]), Encoding.ASCII, new MediaTypeHeaderValue("application/x-www-form-urlencoded")),
        };
        using var answer = await AskAsync(request, cancel).ConfigureAwait(false);
        var token = Text(answer.RootElement, "id_token") ?? throw new OidcException("The issuer gave no ID token.");
        using var keys = await AskAsync(new HttpRequestMessage(HttpMethod.Get, Endpoint(discovery.RootElement, "jwks_uri")), cancel).ConfigureAwait(false);
        return Subject(token, keys.RootElement, pending.Nonce);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Checks an ID token (OpenID Connect Core §3.1.3.7) and takes the account's name out of it.</summary>
    internal string Subject(string token, JsonElement keys, string nonce)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) throw No("is none");
        using var header = Part(parts[0]);
        using var claims = Part(parts[1]);
        var (kid, algorithm) = (Text(header.RootElement, "kid"), Text(header.RootElement, "alg"));
        var candidates = keys.TryGetProperty("keys", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(k => kid is null || Text(k, "kid") == kid).Take(16).ToArray() : [];
        if (!candidates.Any(key => IsSigned(key, algorithm, $"{parts[0]}.{parts[1]}", parts[2]))) throw No("is not signed by one of the issuer's keys");
        var root = claims.RootElement;
        if (Text(root, "iss") != options.Issuer.OriginalString.TrimEnd('/') && Text(root, "iss") != options.Issuer.OriginalString) throw No("is of another issuer");
        if (!root.TryGetProperty("aud", out var audience) || !(audience.ValueKind == JsonValueKind.String ? audience.GetString() == options.ClientId
            : audience.ValueKind == JsonValueKind.Array && audience.GetArrayLength() == 1 && audience[0].ValueKind == JsonValueKind.String && audience[0].GetString() == options.ClientId)) throw No("is for somebody else");
        if (!root.TryGetProperty("exp", out var end) || !end.TryGetInt64(out var seconds) || DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, 253_402_300_799)) + Slack < time.GetUtcNow()) throw No("is over");
        if (Text(root, "nonce") is not { } came || !Sessions.Same(nonce, came)) throw No("is of another sign-in");
        if (options.Claim == "email" && root.TryGetProperty("email_verified", out var verified) && verified.ValueKind == JsonValueKind.False) throw No("names an e-mail address that nobody verified");
        return Text(root, options.Claim) is { Length: > 0 } name ? name.ToLowerInvariant() : throw No($"holds no {options.Claim}");
    }

    private static bool IsSigned(JsonElement key, string? algorithm, string signed, string signature)
    {
        if (key.ValueKind != JsonValueKind.Object || Text(key, "use") is not (null or "sig")) return false;
        try
        {
            var (octets, mark) = (Encoding.ASCII.GetBytes(signed), Base64Url.DecodeFromChars(signature));
            switch (algorithm, Text(key, "kty"))
            {
                case ("RS256", "RSA"):
                    using (var rsa = RSA.Create(new RSAParameters { Modulus = Octets(key, "n"), Exponent = Octets(key, "e") }))
                        return rsa.KeySize >= 2_048 && rsa.VerifyData(octets, mark, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                case ("ES256", "EC") when Text(key, "crv") == "P-256":
                    using (var ec = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Octets(key, "x"), Y = Octets(key, "y") } }))
                        return ec.VerifyData(octets, mark, HashAlgorithmName.SHA256);
                default:
                    return false;
            }
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private async Task<JsonDocument> DiscoverAsync(CancellationToken cancel)
    {
        var document = await AskAsync(new HttpRequestMessage(HttpMethod.Get, options.Issuer.OriginalString.TrimEnd('/') + "/.well-known/openid-configuration"), cancel).ConfigureAwait(false);
        if (Text(document.RootElement, "issuer")?.TrimEnd('/') == options.Issuer.OriginalString.TrimEnd('/')) return document;
        document.Dispose();
        throw new OidcException("The issuer names itself otherwise than it is configured here.");
    }

    private async Task<JsonDocument> AskAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.SendAsync(request, cancel).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode) throw new OidcException($"The issuer answers {(int)answer.StatusCode}.");
            var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false), new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new OidcException("The issuer answers something else than JSON.");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            throw new OidcException($"The issuer cannot be asked: {e.Message}", e);
        }
    }

    /// <summary>An address that the issuer names: as safe as the issuer's own.</summary>
    private Uri Endpoint(JsonElement discovery, string name) =>
        Uri.TryCreate(Text(discovery, name), UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback && options.Issuer.IsLoopback))
            ? uri : throw new OidcException($"The issuer names no {name}, or one without TLS.");

    private static JsonDocument Part(string text)
    {
        try
        {
            var document = JsonDocument.Parse(Base64Url.DecodeFromChars(text), new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw No("is none");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw No("is none");
        }
    }

    private static OidcException No(string why) => new($"The issuer's ID token {why}.");

    private static byte[] Octets(JsonElement key, string name) => Base64Url.DecodeFromChars(Text(key, name) ?? "");

    private static string Form(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in fields) text.Append(text.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return text.ToString();
    }

    private static string? Text(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <param name="Browser">The cookie of the browser that began.</param>
    /// <param name="Nonce">Comes back in the ID token.</param>
    /// <param name="Verifier">Of PKCE: whoever took the code on its way cannot use it.</param>
    private sealed record Pending(string Browser, string Nonce, string Verifier, Uri Redirect, DateTimeOffset End);
}
