using EdgeVpn.Fleet.Web.Sign;

namespace EdgeVpn.Fleet.Web.Http;

/// <summary>One address of the console, and who may ask for it.</summary>
/// <param name="Method">GET or POST; what changes anything is POST.</param>
/// <param name="Path">With places in braces: <c>/box/{device}</c>.</param>
/// <param name="Role">The least role; null: open to everybody.</param>
/// <param name="Answer">What it does.</param>
public sealed record Route(string Method, string Path, Role? Role, Func<Visit, Task> Answer)
{
    private readonly string[] _parts = Path.Split('/');

    /// <summary>What stands at the path's places; null if it is another path.</summary>
    public Dictionary<string, string>? Match(string path)
    {
        var parts = path.Split('/');
        if (parts.Length != _parts.Length) return null;
        var values = new Dictionary<string, string>();
        for (var i = 0; i < parts.Length; i++)
        {
            if (_parts[i] is ['{', .. var name, '}'])
            {
                if (parts[i].Length == 0) return null;
                values[name] = parts[i];
            }
            else if (_parts[i] != parts[i])
            {
                return null;
            }
        }

        return values;
    }
}
