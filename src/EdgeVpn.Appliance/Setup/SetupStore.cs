using EdgeVpn.Appliance.Storage;

namespace EdgeVpn.Appliance.Setup;

/// <summary>What set-up mode keeps in the state folder: the label's code, and a change made on the spot.</summary>
/// <remarks>
/// <code>
///     setup-code.json   salted hash of the label's code; a reset leaves it, for the label stays on the box
///     local.json        a confirmed change made on the spot; a reset takes it away
/// </code>
/// </remarks>
/// <param name="folder">The state folder; it exists.</param>
public sealed class SetupStore(string folder)
{
    private readonly StateFile<SetupCode> _code = new(System.IO.Path.Combine(folder, "setup-code.json"), SetupCode.Read);
    private readonly StateFile<LocalDocument> _change = new(System.IO.Path.Combine(folder, "local.json"), LocalDocument.Read);

    /// <summary>As it is on the disk now; null: no code was ever made, and nobody can sign in.</summary>
    public Stored<SetupCode> Code => _code.Read();

    public Stored<LocalDocument> Change => _change.Read();

    public StorageResult Keep(SetupCode code) => _code.Write(code.ToJson());

    public StorageResult Keep(LocalDocument change) => _change.Write(change.ToJson());

    public StorageResult ForgetChange() => _change.Delete();
}
