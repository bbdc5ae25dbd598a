using EdgeVpn.Demo.Story;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.BoardTest.Story;

/// <summary>What is told, and the lab it is told in.</summary>
internal interface IPlot : IAsyncDisposable
{
    IReadOnlyList<Chapter> Chapters { get; }

    /// <summary>Null before the first chapter.</summary>
    Lab? Lab { get; }
}
