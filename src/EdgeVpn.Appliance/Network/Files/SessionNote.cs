namespace EdgeVpn.Appliance.Network.Files;

/// <summary>How the last try of a PPPoE session ended, as its unit notes it for a daemon that may ask neither pppd nor systemd; none while it stands.</summary>
/// <remarks>One line: pppd's exit status, written by <c>edgevpn-pppoe@.service</c>, taken away by <c>session-up</c>.</remarks>
internal static class SessionNote
{
    private const string NotAuthenticated = "19"; // pppd(8), EXIT STATUS

    /// <summary>Whether the provider did not accept user name or password.</summary>
    /// <param name="name">The session's interface.</param>
    /// <param name="root">The machine's, or a test's folder.</param>
    public static bool SaysRefused(string name, string root = "/")
    {
        var note = Path.Combine(root, NetworkPlaces.Sessions, name);
        try
        {
            return File.Exists(note) && File.ReadAllText(note).TrimEnd() == NotAuthenticated; // seldom there, and looked for every few seconds
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
