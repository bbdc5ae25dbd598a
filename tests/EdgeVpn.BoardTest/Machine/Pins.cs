using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace EdgeVpn.BoardTest.Machine;

/// <summary>The pins of the emulated GPIO controller from outside: levels of its outputs, levels put on its inputs.</summary>
/// <remarks>
/// Outputs are read as a person with a voltmeter would: from the controller's data register, not from the guest. Inputs are driven over
/// QEMU's test interface, which needs no module in the guest's kernel.
/// </remarks>
internal sealed class Pins : IDisposable
{
    private readonly Qmp _qmp;
    private readonly string _register;
    private readonly Socket? _test;
    private readonly string? _controller;

    private Pins(Qmp qmp, string register, Socket? test, string? controller) => (_qmp, _register, _test, _controller) = (qmp, register, test, controller);

    /// <summary>PL061 of <c>-M virt</c>: eight lines; every address bit set selects all of them.</summary>
    public static Pins OfPl061(Qmp qmp, string testSocket)
    {
        var controller = ((JsonArray)qmp.Execute("qom-list", ("path", "/machine/unattached"))!)
            .Single(item => (string?)item!["type"] == "child<pl061>")!["name"]!.GetValue<string>();
        var test = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        test.Connect(new UnixDomainSocketEndPoint(testSocket));
        return new Pins(qmp, "0x090303fc", test, "/machine/unattached/" + controller);
    }

    /// <summary>BCM2835's GPLEV0 of <c>-M raspi3b</c>: lines 0 to 31, to be read only.</summary>
    public static Pins OfBcm2835(Qmp qmp) => new(qmp, "0x3f200034", null, null);

    /// <summary>One bit per line.</summary>
    public uint Levels()
    {
        var printed = _qmp.Execute("human-monitor-command", ("command-line", $"xp /1wx {_register}"))!.GetValue<string>();
        var word = printed[(printed.IndexOf("0x", StringComparison.Ordinal) + 2)..].Trim();
        return uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    public void Drive(int line, bool high)
    {
        if (_test is null) throw new NotSupportedException("this board's inputs cannot be driven from outside");
        _test.Send(System.Text.Encoding.ASCII.GetBytes($"set_irq_in {_controller} unnamed-gpio-in {line} {(high ? 1 : 0)}\n"));
        Span<byte> answer = stackalloc byte[256];
        var length = _test.Receive(answer);
        if (!answer[..length].StartsWith("OK"u8)) throw new InvalidOperationException(System.Text.Encoding.ASCII.GetString(answer[..length]));
    }

    public void Dispose() => _test?.Dispose();
}
