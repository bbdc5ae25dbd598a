using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Tests.Setup;

namespace EdgeVpn.Appliance.Tests.Local.SetupPage;

/// <summary>The real server, the program of its own, on loopback, before a box that notes what it was asked.</summary>
internal sealed class PageBench : IAsyncDisposable
{
    public const string Code = "7KQ2M-X9RTB";

    public const string Cookie = "edgevpn-setup";
    public const string TokenHeader = "X-Edgevpn-Token";

    private readonly SetupServer _server;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    private PageBench(SetupServer server, FakePageBox box, ManualTime time, int port) => (_server, Box, Time, Port) = (server, box, time, port);

    public FakePageBox Box { get; }

    public ManualTime Time { get; }

    public int Port { get; }

    /// <summary>Of the program that serves.</summary>
    public int ProcessId => _server.ProcessId;

    public string Host => $"127.0.0.1:{Port}";

    /// <summary>The session's cookie as it is sent back, once signed in.</summary>
    public string? Session { get; private set; }

    public string? Token { get; private set; }

    public static async Task<PageBench> StartAsync()
    {
        var (box, time, port) = (new FakePageBox(), new ManualTime(), FreePort());
        var server = await ServeAsync(box, time, port);
        return new PageBench(server, box, time, port);
    }

    public static Task<SetupServer> ServeAsync(FakePageBox box, ManualTime time, int port) =>
        SetupServer.StartAsync(new SetupDesk(box, new SetupDoor(box.IsCode, time)), [new PagePlace("lo", IPAddress.Loopback)], box.Die, port);

    public async Task SignInAsync()
    {
        var answer = await PostAsync("/sign-in", $$"""{ "code": "{{Code}}" }""", cookie: null, token: null);
        var set = answer.Headers.GetValues("Set-Cookie").Single();
        (Session, Token) = (set.Split(';')[0], (await JsonAsync(answer)).GetProperty("token").GetString());
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? host = null, string? cookie = "own") =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, Address(path)), host, cookie);

    /// <param name="origin">"own": the page's.</param>
    /// <param name="cookie">"own": the session's, if signed in.</param>
    /// <param name="token">"own": the session's, if signed in.</param>
    public Task<HttpResponseMessage> PostAsync(
        string path, string json, string? host = null, string? origin = "own", string? cookie = "own", string? token = "own", string type = "application/json", string? fetchedFrom = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Address(path)) { Content = new StringContent(json, Encoding.UTF8, type) };
        if ((origin == "own" ? $"http://{Host}" : origin) is { } from) request.Headers.Add("Origin", from);
        if ((token == "own" ? Token : token) is { } proof) request.Headers.Add(TokenHeader, proof);
        if (fetchedFrom is not null) request.Headers.Add("Sec-Fetch-Site", fetchedFrom);
        return SendAsync(request, host, cookie);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? host = null, string? cookie = "own")
    {
        request.Headers.Host = host ?? Host;
        if ((cookie == "own" ? Session : cookie) is { } session) request.Headers.Add("Cookie", session);
        return _client.SendAsync(request);
    }

    /// <summary>What comes back for these octets, up to the connection's end.</summary>
    public async Task<string> RawAsync(string octets)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes(octets));
        using var reader = new StreamReader(socket.GetStream());
        return await reader.ReadToEndAsync();
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

    public string Address(string path) => $"http://127.0.0.1:{Port}{path}";

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}

internal sealed class FakePageBox : ISetupBox
{
    private readonly SetupCode _code = SetupCode.Of(PageBench.Code) with { };

    private readonly TaskCompletionSource<string> _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<string> Asked { get; } = [];

    /// <summary>How the server ended, once it did so by itself.</summary>
    public Task<string> Died => _died.Task;

    /// <summary>Thrown by the next look.</summary>
    public Exception? Fault { get; set; }

    public bool HasCode { get; set; } = true;

    public bool? IsCode(string typed) => HasCode ? _code.Matches(typed) : null;

    public SetupView Look() => Fault is { } fault ? throw fault : new(
        "branch-042", "<script>alert(1)</script>", "1.0", 900, null, [new LightView("power", "steady", "running")], null,
        [new TreeView("hub", true, [new StepView("cable", "ok", "wan0")], null, [])], Samples.Status.Interfaces, Samples.Status.Configuration, new(), null, new FleetView(null, true, null, false, []), ["wan0"]);

    public Task<DocumentAnswer> OfferAsync(Offer offer) => Answer($"offer {offer.Apply} {string.Join(' ', offer.Files.Select(file => $"{file.Name}: {file.Text}"))}");

    public Task<DocumentAnswer> ChangeWanAsync(WanSettings settings) => Answer($"wan {settings.Interface} {settings.Method} {settings.Address}");

    public EnrolAnswer Enrol(ClaimOffer offer)
    {
        Note($"enrol {offer.Claim} at {offer.Broker ?? "the card's broker"}");
        return new EnrolAnswer(true, "Asking.");
    }

    public Task<DoneAnswer> ConfirmAsync() => Done("confirm");

    public Task<DoneAnswer> RevertAsync() => Done("revert");

    public byte[] Bundle()
    {
        Note("bundle");
        return [0x1f, 0x8b];
    }

    public void Close(string why) => Note($"close: {why}");

    public void Report(Exception fault) => Note($"fault: {fault.Message}");

    public void Die(string how) => _died.TrySetResult(how);

    private void Note(string what)
    {
        lock (Asked) Asked.Add(what);
    }

    private Task<DocumentAnswer> Answer(string what)
    {
        Note(what);
        return Task.FromResult(new DocumentAnswer("configuration", true, true, [], ["connection hub: added"]));
    }

    private Task<DoneAnswer> Done(string what)
    {
        Note(what);
        return Task.FromResult(new DoneAnswer(what));
    }
}
