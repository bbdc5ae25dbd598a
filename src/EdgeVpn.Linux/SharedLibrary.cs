using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>A system library that may be missing: loaded on first use, by its exact file name.</summary>
internal sealed class SharedLibrary(string fileName)
{
    private readonly Lazy<nint> _handle = new(() => NativeLibrary.TryLoad(fileName, out var handle) ? handle : 0);

    public bool IsPresent => _handle.Value != 0;

    /// <summary>The address of a function.</summary>
    /// <exception cref="LinuxException">ELIBACC: the library, or the function in it, is not there.</exception>
    public nint Function(string name)
    {
        if (!IsPresent) ThrowMissing("dlopen", fileName, "the library is not installed");
        if (!NativeLibrary.TryGetExport(_handle.Value, name, out var address)) ThrowMissing("dlsym", $"{fileName} {name}", "the library has no such function");
        return address;
    }

    [DoesNotReturn]
    private static void ThrowMissing(string call, string subject, string why) => throw new LinuxException(call, Errno.ELIBACC, subject, why);
}
