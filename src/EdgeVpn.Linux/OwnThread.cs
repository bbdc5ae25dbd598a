using System.Runtime.ExceptionServices;

namespace EdgeVpn.Linux;

/// <summary>Runs something on a thread that ends with it: one that changed what it is to the kernel must not return to the pool.</summary>
internal static class OwnThread
{
    /// <summary>Waits for it. Exceptions come back.</summary>
    public static T Run<T>(Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = action();
            }
            catch (Exception e)
            {
                // Whatever it is, it is thrown again on the caller's thread.
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
