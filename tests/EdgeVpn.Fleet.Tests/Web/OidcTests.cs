using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Web.Sign;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class OidcTests
{
    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    public async Task Somebody_signs_in_at_the_issuer_with_the_role_of_the_account_here(string algorithm)
    {
        using var issuer = new Issuer(algorithm);
        await using var lab = await ConsoleLab.StartAsync(oidc: issuer.Options);
        lab.Web.Parts.Accounts.Add("jo@example.org", Role.Operator, null);
        var browser = lab.Open();
        Assert.Contains("Sign in with 127.0.0.1", await browser.PageAsync("/sign-in"), StringComparison.Ordinal);
        var answer = await SignInAsync(browser, issuer);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("/sign-out", await browser.PageAsync("/"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/rollouts/new")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync("/accounts")).StatusCode);
        Assert.Contains(lab.Web.Parts.Audit.Read(0, 10), static e => e is { Action: "sign-in", Who: "jo@example.org", Detail: "by 127.0.0.1" });
    }

    /// <summary>Everything that a token must be, one thing wrong at a time.</summary>
    [Fact]
    public async Task A_token_with_one_thing_wrong_signs_nobody_in()
    {
        using var issuer = new Issuer("ES256");
        await using var lab = await ConsoleLab.StartAsync(oidc: issuer.Options);
        lab.Web.Parts.Accounts.Add("jo@example.org", Role.Admin, null);
        lab.Web.Parts.Accounts.Add("local@example.org", Role.Admin, ConsoleLab.Cheap(ConsoleLab.Password));
        (string What, Action<JsonObject> Change)[] wrong =
        [
            ("issuer", c => c["iss"] = "https://evil.example"), ("audience", c => c["aud"] = "another"), ("audiences", c => c["aud"] = new JsonArray("console", "another")),
            ("over", c => c["exp"] = DateTimeOffset.UtcNow.AddMinutes(-10).ToUnixTimeSeconds()), ("nonce", c => c["nonce"] = "another"), ("no nonce", c => c.Remove("nonce")),
            ("unverified", c => c["email_verified"] = false), ("no name", c => c.Remove("email")), ("a stranger", c => c["email"] = "sam@example.org"),
            ("a local account", c => c["email"] = "local@example.org"),
        ];
        foreach (var (what, change) in wrong)
        {
            issuer.Change = change;
            Assert.True((await SignInAsync(lab.Open(), issuer)).StatusCode == HttpStatusCode.Forbidden, what);
        }

        issuer.Change = null;
        issuer.IsForged = true;
        Assert.Equal(HttpStatusCode.Forbidden, (await SignInAsync(lab.Open(), issuer)).StatusCode);
        issuer.IsForged = false;
        Assert.Equal(HttpStatusCode.OK, (await SignInAsync(lab.Open(), issuer)).StatusCode);
    }

    [Fact]
    public async Task A_way_back_that_another_browser_began_or_that_was_gone_before_leads_nowhere()
    {
        using var issuer = new Issuer("ES256");
        await using var lab = await ConsoleLab.StartAsync(oidc: issuer.Options);
        lab.Web.Parts.Accounts.Add("jo@example.org", Role.Viewer, null);
        var (mine, other) = (lab.Open(), lab.Open());
        var back = await issuer.AuthorizeAsync((await mine.GetAsync("/oidc/start")).Headers.Location!);
        await other.GetAsync("/oidc/start");
        Assert.Equal(HttpStatusCode.Forbidden, (await other.GetAsync(back)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await mine.GetAsync(back)).StatusCode); // used up by the other's try
        Assert.Equal(HttpStatusCode.Forbidden, (await mine.GetAsync("/oidc/callback?state=x&code=y")).StatusCode);
    }

    private static async Task<HttpResponseMessage> SignInAsync(Browser browser, Issuer issuer)
    {
        var start = await browser.GetAsync("/oidc/start");
        Assert.Equal(HttpStatusCode.SeeOther, start.StatusCode);
        return await browser.GetAsync(await issuer.AuthorizeAsync(start.Headers.Location!));
    }

    /// <summary>A small issuer: discovery, keys, a token for a code, and PKCE checked.</summary>
    private sealed class Issuer : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly string _algorithm;
        private readonly string _url;
        private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly ECDsa _foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly RSA _rsa = RSA.Create(2048);
        private readonly ConcurrentDictionary<string, (string Nonce, string Challenge)> _codes = new();

        public Issuer(string algorithm)
        {
            _algorithm = algorithm;
            using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                _url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            }

            _listener.Prefixes.Add(_url + "/");
            _listener.Start();
            _ = ServeAsync();
        }

        public OidcOptions Options => new(new Uri(_url), "console", null);

        public Action<JsonObject>? Change { get; set; }

        /// <summary>Signs with a key that is not among the issuer's.</summary>
        public bool IsForged { get; set; }

        /// <summary>What the issuer's page does when the person said yes.</summary>
        public Task<string> AuthorizeAsync(Uri request)
        {
            var query = System.Web.HttpUtility.ParseQueryString(request.Query);
            Assert.Equal(("code", "console", "S256"), (query["response_type"], query["client_id"], query["code_challenge_method"]));
            var code = Guid.NewGuid().ToString("n");
            _codes[code] = (query["nonce"]!, query["code_challenge"]!);
            return Task.FromResult(new Uri(query["redirect_uri"]!).AbsolutePath + $"?state={query["state"]}&code={code}");
        }

        public void Dispose()
        {
            _listener.Close();
            _ec.Dispose();
            _foreign.Dispose();
            _rsa.Dispose();
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception over) when (over is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                var answer = context.Request.Url!.AbsolutePath switch
                {
                    "/.well-known/openid-configuration" => new JsonObject
                    {
                        ["issuer"] = _url,
                        ["authorization_endpoint"] = _url + "/authorize",
                        ["token_endpoint"] = _url + "/token",
                        ["jwks_uri"] = _url + "/keys",
                    },
                    "/keys" => new JsonObject { ["keys"] = new JsonArray(Key()) },
                    "/token" => Token(await new StreamReader(context.Request.InputStream).ReadToEndAsync()),
                    _ => null,
                };
                context.Response.StatusCode = answer is null ? 400 : 200;
                if (answer is not null) await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
                context.Response.Close();
            }
        }

        private JsonObject? Token(string form)
        {
            var fields = System.Web.HttpUtility.ParseQueryString(form);
            if (!_codes.TryRemove(fields["code"] ?? "", out var code) || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(fields["code_verifier"] ?? ""))) != code.Challenge) return null;
            var claims = new JsonObject
            {
                ["iss"] = _url,
                ["aud"] = "console",
                ["sub"] = "1",
                ["email"] = "Jo@example.org",
                ["email_verified"] = true,
                ["nonce"] = code.Nonce,
                ["exp"] = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds(),
            };
            Change?.Invoke(claims);
            var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"{{_algorithm}}","kid":"k1"}"""))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
            var octets = Encoding.ASCII.GetBytes(signed);
            var mark = IsForged ? _foreign.SignData(octets, HashAlgorithmName.SHA256)
                : _algorithm == "ES256" ? _ec.SignData(octets, HashAlgorithmName.SHA256) : _rsa.SignData(octets, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return new JsonObject { ["id_token"] = $"{signed}.{Base64Url.EncodeToString(mark)}", ["token_type"] = "Bearer" };
        }

        private JsonObject Key()
        {
            if (_algorithm == "RS256")
            {
                var rsa = _rsa.ExportParameters(false);
                return new JsonObject { ["kty"] = "RSA", ["kid"] = "k1", ["use"] = "sig", ["n"] = Base64Url.EncodeToString(rsa.Modulus), ["e"] = Base64Url.EncodeToString(rsa.Exponent) };
            }

            var point = _ec.ExportParameters(false).Q;
            return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "k1", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
        }
    }
}
