using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using EdgeVpn.Fleet.Broker;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Web;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Tests.Web;

/// <summary>A clock that a test sets forward.</summary>
internal sealed class ManualTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>The console of a fleet on an embedded broker, with one account of each role, and browsers that are HttpClients.</summary>
internal sealed partial class ConsoleLab : IAsyncDisposable
{
    public const string Password = "a long and quiet evening";

    private readonly DirectoryInfo _folder;
    private readonly EmbeddedBroker _broker;
    private readonly List<IDisposable> _things = [];

    private ConsoleLab(DirectoryInfo folder, EmbeddedBroker broker, FleetFolder fleet, FleetWeb web) => (_folder, _broker, Fleet, Web) = (folder, broker, fleet, web);

    public FleetFolder Fleet { get; }

    public FleetWeb Web { get; }

    /// <param name="withAccounts">viewer, operator and admin, each with <see cref="Password"/>.</param>
    /// <param name="tls">With a certificate of its own.</param>
    public static async Task<ConsoleLab> StartAsync(bool withAccounts = true, bool tls = false, OidcOptions? oidc = null)
    {
        var folder = Directory.CreateTempSubdirectory("edgefleet-console-");
        var broker = await EmbeddedBroker.StartAsync(new BrokerOptions(new IPEndPoint(IPAddress.Loopback, 0)));
        var address = new BrokerAddress("127.0.0.1", broker.EndPoint.Port, Tls: false);
        var fleet = FleetFolder.Make(folder.FullName, "lyon", address, address, [], DateTimeOffset.UtcNow);
        var listen = new ListenOptions(new IPEndPoint(IPAddress.Loopback, 0), tls ? Certificate() : null);
        var lab = new ConsoleLab(folder, broker, fleet, await FleetWeb.StartAsync(fleet, listen, TimeProvider.System, oidc));
        if (!withAccounts) return lab;
        foreach (var role in Enum.GetValues<Role>()) lab.Web.Parts.Accounts.Add(NameOf(role), role, Cheap(Password));
        return lab;
    }

    public static string NameOf(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>A hash of the same form that costs next to nothing.</summary>
    public static string Cheap(string password)
    {
        var salt = "0123456789abcdef"u8.ToArray();
        return $"$argon2id$v=19$m=8,t=1,p=1${Convert.ToBase64String(salt).TrimEnd('=')}${Convert.ToBase64String(PasswordHash.Derive(Encoding.UTF8.GetBytes(password), salt, 8, 1, 1)).TrimEnd('=')}";
    }

    /// <summary>A browser that nobody signed in with.</summary>
    public Browser Open()
    {
        var browser = new Browser(new Uri(Web.Url));
        _things.Add(browser);
        return browser;
    }

    public async Task<Browser> SignInAsync(Role role, string password = Password)
    {
        var browser = Open();
        var answer = await browser.PostAsync("/sign-in", ("account", NameOf(role)), ("password", password));
        Xunit.Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return browser;
    }

    public Task<OperatorSession> ConnectAsync() => OperatorSession.ConnectAsync(Fleet.Connection(), CancellationToken.None);

    /// <summary>Says something as a box.</summary>
    public async Task SayAsync(string device, TwinChannel channel, string json, bool retain = true)
    {
        await using var session = await ConnectAsync();
        await session.PublishAsync(new TwinTopic(new TwinIdentity("lyon", device), channel), Encoding.UTF8.GetBytes(json), retain, CancellationToken.None);
    }

    public async Task HasBoxAsync(string device, string report)
    {
        await SayAsync(device, TwinChannel.Presence, """{"online":true,"session":"s1"}""");
        await SayAsync(device, TwinChannel.Reported, report);
        await FleetLab.UntilAsync(() => Web.Parts.Feed.Box(device) is { Online: true, Payload.IsEmpty: false }, $"the console heard {device}");
    }

    public void Wants(string device, string configuration) => File.WriteAllText(Fleet.ConfigFile(device), configuration);

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in _things) thing.Dispose();
        await Web.DisposeAsync();
        await _broker.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static X509Certificate2Collection Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        return [X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null)];
    }
}

/// <summary>One browser: keeps cookies, follows nothing, says where its requests come from.</summary>
internal sealed partial class Browser(Uri url) : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private HttpClient? _client;

    public Uri Url => url;

    public CookieCollection Cookies => _cookies.GetAllCookies();

    public HttpClient Client => _client ??= new HttpClient(
        new HttpClientHandler { CookieContainer = _cookies, AllowAutoRedirect = false, ServerCertificateCustomValidationCallback = static (_, _, _, _) => true })
    { BaseAddress = url };

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(new Uri(path, UriKind.Relative));

    public async Task<string> PageAsync(string path)
    {
        var answer = await GetAsync(path);
        Xunit.Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>A form as our own page sends it; the session's token is added.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) =>
        await SendAsync(path, await TokenAsync(), url.GetLeftPart(UriPartial.Authority), "same-origin", fields);

    public async Task<HttpResponseMessage> SendAsync(string path, string token, string? origin, string? fetchSite, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(static f => KeyValuePair.Create(f.Name, f.Value)).Append(KeyValuePair.Create(ConsoleSite.TokenField, token))),
        };
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (fetchSite is not null) request.Headers.Add("Sec-Fetch-Site", fetchSite);
        return await Client.SendAsync(request);
    }

    /// <summary>The token in the forms of this session; "" without one.</summary>
    public async Task<string> TokenAsync()
    {
        var answer = await GetAsync("/account");
        return answer.StatusCode == HttpStatusCode.OK ? Token().Match(await answer.Content.ReadAsStringAsync()).Groups[1].Value : "";
    }

    public void Dispose() => _client?.Dispose();

    [GeneratedRegex("name=\"token\" value=\"([0-9a-f]+)\"")]
    private static partial Regex Token();
}
