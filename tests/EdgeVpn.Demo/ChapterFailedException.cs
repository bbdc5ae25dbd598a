namespace EdgeVpn.Demo;

/// <summary>A chapter did not go as told; the message says what came instead.</summary>
public sealed class ChapterFailedException(string message) : Exception(message);
