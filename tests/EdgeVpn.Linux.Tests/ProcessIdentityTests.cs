using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public sealed class ProcessIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("evl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_peer_of_a_Unix_socket_is_who_connected()
    {
        var endpoint = new UnixDomainSocketEndPoint(Path.Combine(_folder, "control"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(endpoint);
        ProcessIdentity.SetMode(Path.Combine(_folder, "control"), AtomicFile.Private);
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(Path.Combine(_folder, "control")));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(endpoint);
        using var accepted = listener.Accept();
        var peer = ProcessIdentity.PeerOf(accepted);
        Assert.Equal(Environment.ProcessId, peer.ProcessId);
        if (Environment.IsPrivilegedProcess) Assert.Equal(0u, peer.UserId);
    }

    [Fact]
    public void The_service_manager_is_told_if_it_asked()
    {
        var path = Path.Combine(_folder, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        manager.Bind(new UnixDomainSocketEndPoint(path));
        Assert.False(ProcessIdentity.NotifyServiceManager("READY=1", null));
        Assert.True(ProcessIdentity.NotifyServiceManager("READY=1\nSTATUS=two tunnels up", path));
        var buffer = new byte[256];
        Assert.Equal("READY=1\nSTATUS=two tunnels up", Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer)));
    }

    [Fact]
    public void A_pinned_thread_may_run_on_one_processor_only()
    {
        var first = ProcessIdentity.ThreadProcessors()[0];
        IReadOnlyList<int> after = [];
        var thread = new Thread(() =>
        {
            ProcessIdentity.PinThread(first);
            after = ProcessIdentity.ThreadProcessors();
        });
        thread.Start();
        thread.Join();
        Assert.Equal([first], after);
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => ProcessIdentity.PinThread(1023)).Errno);
    }

    [Fact]
    public void A_thread_gives_way_alone()
    {
        var before = Nice();
        var (given, after) = (false, 0);
        var thread = new Thread(() => (given, after) = (ProcessIdentity.YieldThread(), Nice()));
        thread.Start();
        thread.Join();
        Assert.True(given);
        Assert.Equal(10, after);
        Assert.Equal(before, Nice());

        static int Nice() // proc_pid_stat(5): the name in brackets, then nice is the 17th
            => int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[16], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_missing_library_is_a_clear_error()
    {
        var library = new SharedLibrary("libnosuch.so.9");
        Assert.False(library.IsPresent);
        var error = Assert.Throws<LinuxException>(() => library.Function("anything"));
        Assert.Equal("dlopen(libnosuch.so.9): ELIBACC, the library is not installed", error.Message);
    }

    [Fact]
    public void Loopback_has_no_driver_and_no_speed()
    {
        Assert.Equal(new LinkFacts(null, null, null), LinkFacts.Read("lo"));
        Assert.Throws<ArgumentException>(() => LinkFacts.Read("../../etc"));
    }
}
