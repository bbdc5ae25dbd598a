using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Fleet.Web.Sign;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeVpn.Fleet.Web.Http;

/// <summary>Where the console listens.</summary>
/// <param name="Listen">Address and port; port 0 lets the system choose.</param>
/// <param name="Certificate">With its key, and what stands between it and its authority behind it; null: plain HTTP.</param>
/// <param name="Hosts">Names by which browsers know it, beside the address itself.</param>
public sealed record ListenOptions(IPEndPoint Listen, X509Certificate2Collection? Certificate = null, params ImmutableArray<string> Hosts);

/// <summary>The console's HTTP server (Kestrel).</summary>
/// <remarks>The empty builder: no configuration file and no environment variable can add an address, a header or a log.</remarks>
public sealed class ConsoleServer : IAsyncDisposable
{
    private const int MaxConnections = 512;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly WebApplication _application;

    private ConsoleServer(WebApplication application, IPEndPoint endPoint, ConsoleSite site) => (_application, EndPoint, Site) = (application, endPoint, site);

    /// <summary>With the port that was chosen.</summary>
    public IPEndPoint EndPoint { get; }

    public ConsoleSite Site { get; }

    /// <summary>Listens, and answers with these routes.</summary>
    /// <param name="options">Where.</param>
    /// <param name="sessions">Who is signed in.</param>
    /// <param name="make">Makes the routes; they may ask the site for its cookies' names.</param>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<ConsoleServer> StartAsync(ListenOptions options, Sessions sessions, Func<Func<ConsoleSite>, ImmutableArray<Route>> make)
    {
        var isTls = options.Certificate is not null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "edgefleet", ContentRootPath = "/" });
        builder.Services.AddSingleton<IHostLifetime, Guest>();
        builder.Services.Configure<FormOptions>(static form =>
        {
            form.ValueCountLimit = 4_096;
            form.BufferBodyLengthLimit = form.MultipartBodyLengthLimit = ConsoleSite.MaxFormOctets;
        });
        if (isTls) builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        else builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ConsoleSite.MaxFormOctets;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = Patience;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            kestrel.Listen(options.Listen, listen =>
            {
                listen.Protocols = isTls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
                if (options.Certificate is { } chain) listen.UseHttps(https =>
                {
                    https.ServerCertificate = chain[0];
                    https.ServerCertificateChain = chain;
                });
            });
        });
        var application = builder.Build();
        ConsoleSite? site = null;
        application.Run(context =>
        {
            // Its names hold the port, which is known once it listens.
            if (Volatile.Read(ref site) is { } ready) return ready.HandleAsync(context);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw refused as IOException ?? new IOException(refused.Message, refused);
        }

        var port = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        var endPoint = new IPEndPoint(options.Listen.Address, port);
        var made = new ConsoleSite(make(() => site!), sessions, HostsOf(options, port, isTls), isTls);
        Volatile.Write(ref site, made);
        return new ConsoleServer(application, endPoint, made);
    }

    /// <summary>How a browser finds it.</summary>
    public string Url => Site.Url;

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1)); // pages that listen are cut off
        try
        {
            await _application.StopAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Cut off, then.
        }

        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What may stand in <c>Host</c>; the first is how it is called when somebody errs.</summary>
    private static ImmutableArray<string> HostsOf(ListenOptions options, int port, bool isTls)
    {
        List<string> names = [.. options.Hosts];
        if (IPAddress.IsLoopback(options.Listen.Address)) names.AddRange(["localhost", "127.0.0.1", "[::1]"]);
        if (!options.Listen.Address.Equals(IPAddress.Any) && !options.Listen.Address.Equals(IPAddress.IPv6Any))
            names.Add(options.Listen.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{options.Listen.Address}]" : options.Listen.Address.ToString());
        // A name may carry a port of its own: that of a proxy before us.
        return [.. names.SelectMany(name => name.EndsWith(']') || !name.Contains(':', StringComparison.Ordinal) ? port == (isTls ? 443 : 80) ? [name] : [$"{name}:{port}"] : new[] { name }).Distinct()];
    }

    /// <summary>A host inside a command: signals are the command's business.</summary>
    private sealed class Guest : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
