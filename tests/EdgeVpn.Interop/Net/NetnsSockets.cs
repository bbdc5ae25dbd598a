using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Net;

/// <summary>Sockets of this process inside a lab's node: a socket belongs to the namespace of the thread that made it, for good.</summary>
public static class NetnsSockets
{
    /// <summary>A socket made in <paramref name="node"/>, by a thread that enters the namespace and then ends.</summary>
    public static Socket Open(Lab lab, Node node, AddressFamily family, SocketType type, ProtocolType protocol)
    {
        Socket? socket = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var netns = File.OpenHandle($"/run/netns/{lab.Netns(node)}");
                if (Libc.SetNamespace(netns, Libc.CloneNewNet) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "setns");
                socket = new Socket(family, type, protocol);
            }
            catch (Exception exception) when (exception is IOException or Win32Exception or SocketException or UnauthorizedAccessException)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new InvalidOperationException($"no socket in {node}", failure);
    }

    /// <summary>A UDP socket in <paramref name="node"/>, bound to an address of it.</summary>
    public static Socket Udp(Lab lab, Node node, IPAddress address, int port = 0)
    {
        var socket = Open(lab, node, address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }
}
