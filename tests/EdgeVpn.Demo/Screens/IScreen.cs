using EdgeVpn.Demo.Cast;
using EdgeVpn.Demo.Story;

namespace EdgeVpn.Demo.Screens;

/// <summary>Where the story is told. Any thread may call.</summary>
public interface IScreen : IAsyncDisposable
{
    /// <summary>The whole list, at the start and whenever one of them changed.</summary>
    void Chapters(IReadOnlyList<ChapterResult> chapters, ChapterResult? changed);

    /// <summary>One line of what is going on.</summary>
    void Say(string line);

    /// <summary>One line per IKE message or change of a tunnel, as <c>edgevpn watch</c> has it.</summary>
    void Ike(string line);

    /// <summary>The lights show something else.</summary>
    void Lights(PanelReading panel);
}
