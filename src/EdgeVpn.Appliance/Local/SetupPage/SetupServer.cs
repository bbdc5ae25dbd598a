using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Appliance.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>The page's HTTP server (Kestrel). Made when set-up mode opens, gone when it closes; it listens on the LAN port's addresses and nowhere else.</summary>
/// <remarks>
/// The empty builder: no configuration file, no environment variable can add an address, a header or a log. Each socket is bound to an address *and* to
/// its interface, since Linux takes packets for any of its addresses on every interface.
/// </remarks>
internal sealed class SetupServer : IAsyncDisposable
{
    public const int StandardPort = 80;

    /// <summary>More than Azure's files of one gateway, escaped as JSON in JSON.</summary>
    private const int MaxBodyOctets = 2 * 1_048_576;

    private const int MaxConnections = 32;
    private const int SolSocket = 1; // <bits/socket.h>
    private const int SoReuseAddr = 2;
    private const int SoBindToDevice = 25; // <asm-generic/socket.h>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly WebApplication _application;

    private SetupServer(WebApplication application) => _application = application;

    /// <exception cref="IOException">An address is not there, or its port is taken.</exception>
    public static async Task<SetupServer> StartAsync(ISetupBox box, SetupDoor door, ImmutableArray<PagePlace> places, int port = StandardPort)
    {
        var interfaces = places.ToDictionary(place => new IPEndPoint(place.Address, port), static place => place.Interface);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "edgevpn", ContentRootPath = "/" });
        builder.Services.AddSingleton<IHostLifetime, Guest>();
        builder.WebHost.UseKestrelCore()
            .UseSockets(options => options.CreateBoundListenSocket = endpoint => Bind((IPEndPoint)endpoint, interfaces[(IPEndPoint)endpoint]))
            .ConfigureKestrel(options =>
            {
                options.AddServerHeader = false;
                options.Limits.MaxRequestBodySize = MaxBodyOctets;
                options.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
                options.Limits.MaxConcurrentConnections = MaxConnections;
                options.Limits.RequestHeadersTimeout = Patience;
                options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
                foreach (var endpoint in interfaces.Keys) options.Listen(endpoint, static listen => listen.Protocols = HttpProtocols.Http1);
            });
        var application = builder.Build();
        var site = new SetupSite(box, door, [.. places.Select(place => port == StandardPort ? place.Address.ToString() : $"{place.Address}:{port}")]);
        application.Run(site.HandleAsync);
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw refused as IOException ?? new IOException(refused.Message, refused);
        }

        return new SetupServer(application);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1)); // for answers under way
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

    private static Socket Bind(IPEndPoint endpoint, string interfaceName)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1)); // .NET's ReuseAddress would share the port with others (SO_REUSEPORT)
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(interfaceName + '\0'));
            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A host that is a part of a daemon: signals are the daemon's business.</summary>
    private sealed class Guest : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
