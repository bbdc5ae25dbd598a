using System.Text;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Tests.Storage;

/// <summary>A folder of its own for one test, and documents to put there.</summary>
internal sealed class StateFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("evnet-").FullName;

    public string Confirmed => At("confirmed.json");

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public StateDirectory Open() => StateDirectory.Open(Path);

    public static ConfirmedDocument Document(int revision)
    {
        // Spaces, an escape and a letter beyond ASCII: the octets are what is hashed, not their meaning.
        var body = Encoding.UTF8.GetBytes($$"""{ "schema": 1,  "device": { "name": "branch-{{revision}}", "site": "Besan\u00e7on, Besançon" } }""");
        return new ConfirmedDocument(new DocumentReference(1, revision, DesiredDocument.Hash(body)), body);
    }

    public static StorageResult Confirm(StateDirectory state, int revision)
    {
        var document = Document(revision);
        return state.Confirm(document.Reference, document.Body);
    }

    public void CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Path)) File.Copy(file, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
