using System.Diagnostics;
using System.Text.Json;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Linux;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class ControlSocketTests
{
    [Fact]
    public async Task A_status_comes_back_as_it_was_filled_in()
    {
        await using var bench = new ControlBench();

        var answer = await bench.Client.AskAsync(new(ControlCommand.Status), default);

        var came = answer.Result!.Value.Deserialize(LocalJson.Lines.BoxStatus)!;
        Assert.Equal(Json(Samples.Status), Json(came));
        Assert.Equal(0xfedc_ba98_7654_3210, came.Connections[0].IkeSas[0].InitiatorSpi);
    }

    [Fact]
    public async Task Arguments_reach_the_handler_by_name()
    {
        await using var bench = new ControlBench();

        await bench.Client.AskAsync(ControlRequest.Of(ControlCommand.Rekey, (ControlArgument.Connection, "hub"), (ControlArgument.What, null)), default);

        var request = Assert.Single(bench.Box.Requests);
        Assert.Equal(("rekey", "hub", null), (request.Command, request[ControlArgument.Connection], request[ControlArgument.What]));
    }

    [Fact]
    public async Task An_error_comes_back_with_its_reason()
    {
        await using var bench = new ControlBench();
        var reason = Samples.WrongSecret.Reason!;
        bench.Box.Answer = (_, _) => new(ControlAnswer.Failed(ControlErrorCode.Failed, "hub was refused.", reason));

        var answer = await bench.Client.AskAsync(new(ControlCommand.Up), default);

        Assert.Equal(new ControlError("failed", "hub was refused.", reason), answer.Error);
    }

    [Fact]
    public async Task Events_are_seen_by_every_watcher_until_it_closes()
    {
        await using var bench = new ControlBench();
        using var enough = new CancellationTokenSource(ControlBench.Patience);
        bench.Box.Publish(Samples.Event(1));
        bench.Box.Publish(Samples.Event(2));

        var seen = new List<long>();
        await foreach (var happened in bench.Client.WatchAsync(enough.Token))
        {
            seen.Add(happened.Sequence);
            if (seen.Count == 2) break;
        }

        Assert.Equal([1, 2], seen);
        await bench.Box.Unwatched.Task.WaitAsync(ControlBench.Patience);
        Assert.Equal(0, bench.Box.Watching);
    }

    [Fact]
    public async Task A_stream_that_the_box_ends_says_so()
    {
        await using var bench = new ControlBench();
        bench.Box.EndStream();

        var fault = await Assert.ThrowsAsync<ControlException>(async () =>
        {
            await foreach (var _ in bench.Client.WatchAsync(default)) { }
        });

        Assert.Equal(ControlFault.Lost, fault.Fault);
        Assert.Contains("too slow", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_half_closed_client_still_gets_its_answer()
    {
        await using var bench = new ControlBench();

        var lines = await bench.RawAsync("{\"command\":\"status\"}", halfClose: true);

        Assert.StartsWith("{\"result\":", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("null\n")]
    [InlineData("[]\n")]
    [InlineData("{}\n")]
    [InlineData("{\"command\":7}\n")]
    [InlineData("{\"command\":null}\n")]
    [InlineData("{\"command\":\"status\",\"command\":\"up\"}\n")]
    [InlineData("{\"command\":\"up\",\"arguments\":{\"connection\":null}}\n")]
    [InlineData("{\"command\":\"up\",\"arguments\":[\"hub\"]}\n")]
    [InlineData("GET / HTTP/1.1\n")]
    public async Task What_is_no_request_is_a_bad_request_and_reaches_nobody(string line)
    {
        await using var bench = new ControlBench();

        var lines = await bench.RawAsync(line);

        Assert.Equal("bad-request", Code(Assert.Single(lines)));
        Assert.Empty(bench.Box.Requests);
    }

    [Fact]
    public async Task Octets_that_are_no_text_are_a_bad_request()
    {
        await using var bench = new ControlBench();
        byte[] octets = [.. "{\"command\":\""u8, 0xff, 0xfe, 0x00, .. "\"}\n"u8];

        Assert.Equal("bad-request", Code(Assert.Single(await bench.RawAsync(octets))));
        Assert.Empty(bench.Box.Requests);
    }

    [Theory]
    [InlineData(1001, true)]
    [InlineData(1001, false)]
    [InlineData(3_000_000, false)]
    public async Task A_line_beyond_the_bound_is_refused_whether_it_ends_or_not(int octets, bool ends)
    {
        await using var bench = new ControlBench(o => o with { MaxRequestOctets = 1000 });

        var lines = await bench.RawAsync(new string(' ', octets) + (ends ? "\n" : ""));

        Assert.Equal("bad-request", Code(Assert.Single(lines)));
        Assert.Contains("1000 octets", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_exactly_the_bound_is_read()
    {
        await using var bench = new ControlBench(o => o with { MaxRequestOctets = 1000 });

        var lines = await bench.RawAsync("{\"command\":\"status\"}".PadRight(1000) + "\n");

        Assert.StartsWith("{\"result\":", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_says_nothing_is_dropped()
    {
        await using var bench = new ControlBench(o => o with { RequestTime = TimeSpan.FromMilliseconds(50) });
        using var socket = await bench.ConnectAsync();

        Assert.Empty(await ControlBench.ReadAsync(socket));
        Assert.True(await ControlBench.SoonAsync(() => bench.Server.Clients == 0));
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_is_dropped_and_the_others_go_on()
    {
        await using var bench = new ControlBench(o => o with { WriteTime = TimeSpan.FromMilliseconds(50) });
        using var slow = await bench.ConnectAsync();
        await slow.SendAsync("{\"command\":\"watch\"}\n"u8.ToArray());
        await bench.Box.Watched.Task.WaitAsync(ControlBench.Patience);

        var text = new string('x', 60_000); // beyond what the kernel holds for a socket, soon
        for (var i = 0; i < 50; i++) bench.Box.Publish(Samples.Event(i, text: text));

        await bench.Box.Unwatched.Task.WaitAsync(ControlBench.Patience);
        Assert.True(await ControlBench.SoonAsync(() => bench.Server.Clients == 0));
        Assert.NotNull((await bench.Client.AskAsync(new(ControlCommand.Status), default)).Result);
    }

    [Fact]
    public async Task A_client_gone_in_the_middle_of_a_long_answer_leaves_nothing_behind()
    {
        await using var bench = new ControlBench();
        bench.Box.Answer = (_, _) => new(ControlAnswer.Done(new string('x', 8_000_000)));
        using (var socket = await bench.ConnectAsync())
        {
            await socket.SendAsync("{\"command\":\"up\"}\n"u8.ToArray());
            Assert.True(await socket.ReceiveAsync(new byte[100]) > 0);
        }

        Assert.True(await ControlBench.SoonAsync(() => bench.Server.Clients == 0));
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public async Task A_hundred_clients_at_once_all_get_their_answers()
    {
        await using var bench = new ControlBench();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = 0;
        bench.Box.Answer = async (request, cancel) =>
        {
            if (Interlocked.Increment(ref waiting) == 100) all.SetResult();
            await all.Task.WaitAsync(cancel); // nobody is answered before all have asked
            return ControlAnswer.Done(request[ControlArgument.Connection]!);
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
            (await bench.Client.AskAsync(ControlRequest.Of(ControlCommand.Up, (ControlArgument.Connection, $"{i}")), default)).Result!.Value.GetProperty("text").GetString()))
            .WaitAsync(ControlBench.Patience);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), answers);
    }

    [Fact]
    public async Task One_client_too_many_is_told_that_the_daemon_is_busy()
    {
        await using var bench = new ControlBench(o => o with { MaxClients = 1 });
        using var first = await bench.ConnectAsync();
        await first.SendAsync("{\"command\":\"watch\"}\n"u8.ToArray());
        await bench.Box.Watched.Task.WaitAsync(ControlBench.Patience);

        var answer = await bench.Client.AskAsync(new(ControlCommand.Status), default);
        Assert.Equal("busy", answer.Error?.Code);

        first.Dispose();
        Assert.True(await ControlBench.SoonAsync(() => bench.Server.Clients == 0));
        Assert.NotNull((await bench.Client.AskAsync(new(ControlCommand.Status), default)).Result);
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(65_534u, false)]
    public void Root_and_the_daemon_s_own_user_are_admitted(uint user, bool admitted)
    {
        Assert.Equal(admitted || user == ProcessIdentity.UserId, ControlSocketOptions.IsRootOrSelf(new PeerCredentials(1, user, user)));
        Assert.True(ControlSocketOptions.IsRootOrSelf(new PeerCredentials(1, ProcessIdentity.UserId, 0)));
    }

    [Fact]
    public async Task Another_user_is_refused_before_its_request_is_read()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        const string setpriv = "/usr/bin/setpriv";
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(setpriv) && File.Exists(python), "setpriv and python3 are needed");
        await using var bench = new ControlBench(o => o with { Mode = (UnixFileMode)0b110_110_110, RequestTime = TimeSpan.FromMilliseconds(50) });
        File.SetUnixFileMode(Path.GetDirectoryName(bench.Options.Path)!, (UnixFileMode)0b111_101_101);

        Assert.Contains("\"forbidden\"", await Ask("65534"), StringComparison.Ordinal);
        Assert.Equal("", await Ask("0")); // root is let in, and has said nothing yet when its time is over
        Assert.Empty(bench.Box.Requests);

        async Task<string> Ask(string user)
        {
            using var process = Process.Start(new ProcessStartInfo(
                setpriv, ["--reuid", user, "--clear-groups", python, "-c", Reader, bench.Options.Path])
            {
                RedirectStandardOutput = true,
            })!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return output;
        }
    }

    [Fact]
    public async Task A_handler_that_throws_is_the_daemon_s_fault_and_the_next_client_is_served()
    {
        await using var bench = new ControlBench();
        var answer = bench.Box.Answer;
        bench.Box.Answer = (_, _) => throw new InvalidOperationException("boom");
        Assert.Equal("internal", (await bench.Client.AskAsync(new(ControlCommand.Status), default)).Error?.Code);
        Assert.Equal("boom", Assert.Single(bench.Faults).Message);

        bench.Box.Answer = answer;
        Assert.NotNull((await bench.Client.AskAsync(new(ControlCommand.Status), default)).Result);
    }

    [Fact]
    public async Task A_handler_that_never_answers_is_given_up()
    {
        await using var bench = new ControlBench(o => o with { AnswerTime = TimeSpan.FromMilliseconds(50) });
        bench.Box.Answer = async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return ControlAnswer.Done("never");
        };

        Assert.Equal("failed", (await bench.Client.AskAsync(new(ControlCommand.Up), default)).Error?.Code);
    }

    [Fact]
    public async Task The_socket_is_for_owner_and_group_and_goes_with_the_daemon()
    {
        var bench = new ControlBench();
        Assert.Equal((UnixFileMode)0b110_110_000, File.GetUnixFileMode(bench.Options.Path));

        await bench.Server.DisposeAsync();
        Assert.False(File.Exists(bench.Options.Path));
        bench.Open();
        await bench.DisposeAsync();
    }

    [Fact]
    public async Task Stopping_the_daemon_ends_its_watchers()
    {
        var bench = new ControlBench();
        using var watcher = await bench.ConnectAsync();
        await watcher.SendAsync("{\"command\":\"watch\"}\n"u8.ToArray());
        await bench.Box.Watched.Task.WaitAsync(ControlBench.Patience);

        var stopped = bench.DisposeAsync().AsTask();

        Assert.Equal("ended", Code(Assert.Single(await ControlBench.ReadAsync(watcher))));
        await stopped.WaitAsync(ControlBench.Patience);
    }

    // Says nothing, and prints the first thing it is told.
    private const string Reader = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[1]); print(s.recv(1000).decode(), end='')";

    private static string Json(BoxStatus status) => JsonSerializer.Serialize(status, LocalJson.Pages.BoxStatus);

    private static string? Code(string line) => JsonDocument.Parse(line).RootElement.GetProperty("error").GetProperty("code").GetString();
}
