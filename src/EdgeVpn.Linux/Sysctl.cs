namespace EdgeVpn.Linux;

/// <summary>Kernel parameters under /proc/sys, of the calling thread's network namespace where they have one.</summary>
/// <remarks>Names are written with slashes, as interface names may hold dots: <c>net/ipv4/conf/eth0.7/rp_filter</c>.</remarks>
public static class Sysctl
{
    private const string Root = "/proc/sys/";

    /// <summary>The value without the line's end.</summary>
    /// <exception cref="LinuxException">ENOENT: no such parameter; EACCES: no privilege.</exception>
    public static string Read(string name) => At(name, path => File.ReadAllText(path).TrimEnd('\n'));

    public static void Write(string name, string value) => At(name, path =>
    {
        File.WriteAllText(path, value);
        return true;
    });

    /// <summary>Whether IPv4 packets may pass from one interface to another.</summary>
    public static void SetIPv4Forwarding(bool isOn) => Write("net/ipv4/ip_forward", isOn ? "1" : "0");

    public static void SetIPv6Forwarding(bool isOn) => Write("net/ipv6/conf/all/forwarding", isOn ? "1" : "0");

    /// <summary>Reverse path filter of an interface ("all", "default"): 0 off, 1 strict, 2 loose. The larger of "all" and the interface's counts.</summary>
    public static void SetReversePathFilter(string interfaceName, int mode) => Write($"net/ipv4/conf/{interfaceName}/rp_filter", $"{mode}");

    private static T At<T>(string name, Func<string, T> access)
    {
        if (name.StartsWith('/') || name.Split('/').Any(part => part is "" or "." or ".."))
            throw new ArgumentException("A parameter's name is a path below /proc/sys.", nameof(name));
        try
        {
            return access(Root + name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var errno = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => Errno.ENOENT,
                UnauthorizedAccessException => Errno.EACCES,
                _ => Errno.EINVAL,
            };
            throw new LinuxException("sysctl", errno, name, e.Message);
        }
    }
}
