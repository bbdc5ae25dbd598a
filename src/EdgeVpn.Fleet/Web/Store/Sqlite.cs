using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EdgeVpn.Fleet.Web.Store;

/// <summary>The console's database: one file, one connection, any thread.</summary>
/// <remarks>
/// The engine is the system's <c>libsqlite3.so.0</c>. A second process (<c>edgefleet serve user add</c>) may have the same file open: the journal is a
/// write-ahead log, and who finds it locked waits.
/// </remarks>
public sealed class Sqlite : IDisposable
{
    private static readonly Lock s_loading = new();
    private static bool s_loaded;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private SqliteTransaction? _transaction;

    private Sqlite(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens or makes a file of mode 0600 and brings it to the newest layout.</summary>
    /// <exception cref="StoreException">It cannot be opened, holds something else, or was written by a newer version.</exception>
    public static Sqlite Open(string path)
    {
        Load();
        try
        {
            if (!File.Exists(path))
            {
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                new FileStream(path, options).Dispose();
            }

            var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 10 }.ToString());
            connection.Open();
            var database = new Sqlite(connection);
            try
            {
                database.Run("PRAGMA journal_mode = WAL");
                database.Run("PRAGMA synchronous = FULL"); // the audit log is worth a sync per write
                StoreSchema.Bring(database);
                return database;
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Runs one statement.</summary>
    /// <returns>Rows changed.</returns>
    public int Run(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        lock (_lock) return Command(sql, values).ExecuteNonQuery();
    }

    /// <summary>Every row of a query.</summary>
    public List<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        lock (_lock)
        {
            List<T> rows = [];
            using var reader = Command(sql, values).ExecuteReader();
            while (reader.Read()) rows.Add(row(reader));
            return rows;
        }
    }

    /// <summary>The one number that a query gives.</summary>
    public long Number(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        lock (_lock) return (long)Command(sql, values).ExecuteScalar()!;
    }

    /// <summary>All of it or nothing, and nobody in between. What is inside may call <see cref="Together"/> again.</summary>
    public void Together(Action work)
    {
        lock (_lock)
        {
            if (_transaction is not null)
            {
                work();
                return;
            }

            using var transaction = _transaction = _connection.BeginTransaction(deferred: false);
            try
            {
                work();
                transaction.Commit();
            }
            finally
            {
                _transaction = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var command in _commands.Values) command.Dispose();
            _connection.Dispose();
        }
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands[sql] = command;
        }

        command.Transaction = _transaction;
        command.Parameters.Clear();
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private static void Load()
    {
        lock (s_loading)
        {
            if (s_loaded) return;
            // The provider asks for "sqlite3", a name that only the development package has.
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_sqlite3).Assembly, Resolve);
            try
            {
                raw.SetProvider(new SQLite3Provider_sqlite3());
                s_loaded = true;
            }
            catch (DllNotFoundException e)
            {
                throw new StoreException("libsqlite3.so.0 is not there; on Debian: apt-get install libsqlite3-0.", e);
            }
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == "sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0;
}

/// <summary>The console's database cannot be used; one sentence.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
