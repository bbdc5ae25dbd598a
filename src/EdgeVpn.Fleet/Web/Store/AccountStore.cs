using EdgeVpn.Fleet.Web.Sign;
using Microsoft.Data.Sqlite;

namespace EdgeVpn.Fleet.Web.Store;

/// <summary>Somebody who may sign in.</summary>
/// <param name="Name">Lower case; of an OIDC issuer's people: its word for them.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Password">As <see cref="PasswordHash"/> writes it; null: by OIDC only.</param>
/// <param name="MadeAt">Since when.</param>
/// <param name="SignedInAt">Last; null if never.</param>
/// <param name="Generation">Raised by whatever ends the account's sessions: another role, another password.</param>
public sealed record Account(string Name, Role Role, string? Password, DateTimeOffset MadeAt, DateTimeOffset? SignedInAt, long Generation);

/// <summary>The accounts of this console.</summary>
public sealed class AccountStore(Sqlite database, TimeProvider time)
{
    public const int MaxNameLength = 64;

    private const string Columns = "SELECT name, role, password, made_at, signed_in_at, generation FROM account";

    /// <summary>Letters, digits and <c>. _ - @ +</c>; begins with a letter or digit.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterOrDigit(name[0])
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-' or '@' or '+');

    public IReadOnlyList<Account> All() => database.Read(Columns + " ORDER BY name", Row);

    public Account? Find(string name) => database.Read(Columns + " WHERE name = $name", Row, ("$name", name)) is [var account] ? account : null;

    /// <returns>False if the name is taken.</returns>
    public bool Add(string name, Role role, string? password) => database.Run(
        "INSERT INTO account (name, role, password, made_at, generation) VALUES ($name, $role, $password, $at, 0) ON CONFLICT DO NOTHING",
        ("$name", name), ("$role", role.ToString()), ("$password", password), ("$at", time.GetUtcNow().ToUnixTimeMilliseconds())) == 1;

    /// <summary>The very first account, and only if there is none: a one-time link makes one admin, whoever clicks how often.</summary>
    public bool AddFirst(string name, string password)
    {
        var added = false;
        database.Together(() => added = database.Number("SELECT count(*) FROM account") == 0 && Add(name, Role.Admin, password));
        return added;
    }

    /// <returns>False if there is no such account, or it is the last admin's.</returns>
    public bool SetRole(string name, Role role) => UnlessLastAdmin(name, role != Role.Admin, () => database.Run(
        "UPDATE account SET role = $role, generation = generation + 1 WHERE name = $name", ("$name", name), ("$role", role.ToString())));

    public bool SetPassword(string name, string password) => database.Run(
        "UPDATE account SET password = $password, generation = generation + 1 WHERE name = $name", ("$name", name), ("$password", password)) == 1;

    /// <returns>False if there is no such account, or it is the last admin's.</returns>
    public bool Remove(string name) => UnlessLastAdmin(name, true, () => database.Run("DELETE FROM account WHERE name = $name", ("$name", name)));

    public void SignedIn(string name) => database.Run("UPDATE account SET signed_in_at = $at WHERE name = $name", ("$name", name), ("$at", time.GetUtcNow().ToUnixTimeMilliseconds()));

    private bool UnlessLastAdmin(string name, bool takesAdmin, Func<int> change)
    {
        var changed = false;
        database.Together(() =>
        {
            var others = database.Number("SELECT count(*) FROM account WHERE role = 'Admin' AND name <> $name", ("$name", name));
            if (takesAdmin && others == 0 && Find(name)?.Role == Role.Admin) return;
            changed = change() == 1;
        });
        return changed;
    }

    private static Account Row(SqliteDataReader row) => new(
        row.GetString(0), Enum.Parse<Role>(row.GetString(1)), row.IsDBNull(2) ? null : row.GetString(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)), row.GetInt64(5));
}
