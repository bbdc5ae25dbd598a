using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using EdgeVpn.Linux;
using EdgeVpn.SetupPage;

// The set-up page's server: started by the daemon when set-up mode opens, with the line to it as the first descriptor and sockets to listen on as the
// others; the argument says how many. It holds no key, no configuration and no right: all it knows it asks the daemon for.
const int mostSockets = 32;
if (args is not [var argument] || !int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is 0 or > mostSockets)
{
    Console.Error.WriteLine("edgevpn-setup: the set-up page's server, started by `edgevpn run` when set-up mode opens. To open it: edgevpn setup open");
    return 2;
}

using var daemon = new BoxLine(new Socket(new SafeSocketHandle(ChildProcess.FirstDescriptor, ownsHandle: true)));
ImmutableArray<int> sockets = [.. Enumerable.Range(ChildProcess.FirstDescriptor + 1, count)];
try
{
    var server = await SetupServer.StartAsync(daemon, sockets);
    await daemon.GreetAsync();
    await daemon.ListenAsync();
    using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1)); // for answers under way
    await server.StopAsync(patience.Token);
    return 0;
}
catch (Exception failed) when (failed is IOException or SocketException or LinuxException or OperationCanceledException)
{
    Console.Error.WriteLine($"edgevpn-setup: {failed.Message}");
    return 1;
}
