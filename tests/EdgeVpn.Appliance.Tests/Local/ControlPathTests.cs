using System.Net.Sockets;
using EdgeVpn.Appliance.Local;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class ControlPathTests
{
    [Fact]
    public async Task A_socket_left_behind_by_a_dead_daemon_is_replaced()
    {
        await using var bench = new ControlBench(open: false);
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(bench.Options.Path));
            dead.Listen();
            using var orphan = new Socket(dead.SafeHandle); // closing this descriptor must not remove the file
            File.Move(bench.Options.Path, bench.Options.Path + ".kept");
        }

        File.Move(bench.Options.Path + ".kept", bench.Options.Path);
        Assert.Equal(ControlFault.NotRunning, (await Assert.ThrowsAsync<ControlException>(() => bench.Client.AskAsync(new(ControlCommand.Status), default))).Fault);

        bench.Open();

        Assert.NotNull((await bench.Client.AskAsync(new(ControlCommand.Status), default)).Result);
    }

    [Fact]
    public async Task A_living_daemon_s_socket_is_not_taken_from_it()
    {
        await using var bench = new ControlBench();

        var fault = Assert.Throws<ControlException>(() => ControlSocket.Open(bench.Options, bench.Box));

        Assert.Equal(ControlFault.Taken, fault.Fault);
        Assert.NotNull((await bench.Client.AskAsync(new(ControlCommand.Status), default)).Result);
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        await using var bench = new ControlBench(open: false);
        File.WriteAllText(bench.Options.Path, "precious");

        Assert.Equal(ControlFault.Taken, Assert.Throws<ControlException>(bench.Open).Fault);

        Assert.Equal("precious", File.ReadAllText(bench.Options.Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(108)]
    public async Task A_path_that_no_socket_can_have_is_refused_by_both_ends(int octets)
    {
        var path = new string('/', octets);

        Assert.Equal(ControlFault.BadPath, Assert.Throws<ControlException>(() => ControlSocket.Open(new() { Path = path }, new FakeBox())).Fault);
        var fault = await Assert.ThrowsAsync<ControlException>(() => new ControlClient(path).AskAsync(new(ControlCommand.Status), default));
        Assert.Equal(ControlFault.BadPath, fault.Fault);
    }

    [Fact]
    public async Task The_longest_path_works()
    {
        var folder = Directory.CreateTempSubdirectory("evpn");
        var path = Path.Combine(folder.FullName, new string('s', 107 - folder.FullName.Length - 1));
        await using (ControlSocket.Open(new() { Path = path }, new FakeBox()))
            Assert.NotNull((await new ControlClient(path).AskAsync(new(ControlCommand.Status), default)).Result);
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("nonsense\n", ControlFault.Garbled)]
    [InlineData("null\n", ControlFault.Garbled)]
    [InlineData("{\"event\":7}\n", ControlFault.Garbled)]
    [InlineData("", ControlFault.Lost)]
    [InlineData("{\"result\":", ControlFault.Garbled)]
    public async Task A_daemon_that_answers_nonsense_is_told_from_one_that_is_gone(string answer, ControlFault expected)
    {
        await using var bench = new ControlBench(open: false);
        using var strange = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        strange.Bind(new UnixDomainSocketEndPoint(bench.Options.Path));
        strange.Listen();
        var serving = Task.Run(async () =>
        {
            using var client = await strange.AcceptAsync();
            await client.ReceiveAsync(new byte[100]);
            await client.SendAsync(System.Text.Encoding.UTF8.GetBytes(answer));
        });

        var fault = await Assert.ThrowsAsync<ControlException>(() => bench.Client.AskAsync(new(ControlCommand.Status), default));

        Assert.Equal(expected, fault.Fault);
        await serving;
    }
}
