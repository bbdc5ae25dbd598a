using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Linux;
using EdgeVpn.SetupPage.Seam;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgeVpn.SetupPage;

/// <summary>The page's HTTP server (Kestrel), on sockets that the daemon bound to the LAN port's addresses and handed over.</summary>
/// <remarks>The empty builder: no configuration file, no environment variable can add an address, a header or a log.</remarks>
internal static class SetupServer
{
    private const int StandardPort = 80;
    private const int MaxConnections = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="box">Whom to ask.</param>
    /// <param name="sockets">Numbers of bound descriptors.</param>
    /// <exception cref="IOException">One of them is not what it should be.</exception>
    /// <exception cref="LinuxException">This process could not be confined.</exception>
    public static async Task<WebApplication> StartAsync(BoxLine box, ImmutableArray<int> sockets)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "edgevpn-setup", ContentRootPath = "/" });
        builder.Services.AddSingleton<IHostLifetime, Guest>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = Question.MaxBodyOctets;
            options.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.RequestHeadersTimeout = Patience;
            options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            foreach (var socket in sockets) options.ListenHandle((ulong)socket, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        var application = builder.Build();
        var site = new SetupSite(box, [.. sockets.Select(AuthorityOf)]);
        application.Run(site.HandleAsync);
        if (!IsManaged) Confinement.Enter();
        await application.StartAsync().ConfigureAwait(false);
        return application;
    }

    /// <summary>A build for development, whose next assembly is a file yet to be opened; what is installed on boxes is one native file.</summary>
    private static bool IsManaged => AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is not null;

    /// <summary>What a browser calls the socket by.</summary>
    private static string AuthorityOf(int descriptor)
    {
        using var handle = new SafeSocketHandle(descriptor, ownsHandle: false);
        using var socket = new Socket(handle);
        var end = (IPEndPoint)socket.LocalEndPoint!;
        return end.Port == StandardPort ? end.Address.ToString() : end.ToString();
    }

    /// <summary>A host that ends when the daemon says so: signals are none of its business.</summary>
    private sealed class Guest : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
