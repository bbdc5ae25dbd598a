using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace EdgeVpn.Linux;

/// <summary>The packet filter, through libnftables and its JSON (libnftables-json(5)). Acts on the calling thread's network namespace.</summary>
/// <remarks>A document is applied as one transaction: all of it, or nothing. One thread at a time.</remarks>
public sealed unsafe class Nftables : IDisposable
{
    private const uint NFT_CTX_OUTPUT_JSON = 1 << 4;
    private static readonly SharedLibrary Library = new("libnftables.so.1");

    private readonly Functions _nft = Functions.Value;
    private readonly Lock _gate = new();
    private nint _context;

    /// <exception cref="LinuxException">ELIBACC: libnftables is not installed.</exception>
    public Nftables()
    {
        _context = _nft.New(0);
        if (_context == 0) throw new LinuxException("nft_ctx_new", Errno.ENOMEM);
        // With JSON output the library also reads JSON; buffers keep it from the process's own output.
        _nft.SetOutput(_context, NFT_CTX_OUTPUT_JSON);
        if (_nft.BufferOutput(_context) != 0 || _nft.BufferError(_context) != 0) throw new LinuxException("nft_ctx_buffer_output", Errno.ENOMEM);
    }

    /// <summary>Whether the library can be loaded.</summary>
    public static bool IsPresent => Library.IsPresent;

    /// <summary>Applies commands in order, atomically.</summary>
    /// <param name="commands">Objects such as <c>{ "add": { "table": { "family": "inet", "name": "x" } } }</c>; see <see cref="NftCommands"/>.</param>
    /// <exception cref="LinuxException">The kernel or the library refused; carries its text.</exception>
    public void Apply(JsonArray commands) => Execute(new JsonObject { ["nftables"] = commands.DeepClone() }, "apply");

    /// <summary>Lists a table: its chains, sets and rules as the array "nftables" of libnftables-json(5); null if there is no such table.</summary>
    public JsonArray? ListTable(string family, string name)
    {
        var tables = List(new JsonObject { ["tables"] = new JsonObject() });
        var isThere = tables.Any(entry => entry?["table"] is { } table && (string?)table["family"] == family && (string?)table["name"] == name);
        return isThere ? List(new JsonObject { ["table"] = NftCommands.Table(family, name) }) : null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_context != 0) _nft.Free(_context);
            _context = 0;
        }

        GC.SuppressFinalize(this);
    }

    ~Nftables()
    {
        if (_context != 0) _nft.Free(_context);
    }

    private JsonArray List(JsonObject what)
    {
        var answer = Execute(new JsonObject { ["nftables"] = new JsonArray(new JsonObject { ["list"] = what }) }, "list");
        return JsonNode.Parse(answer)?["nftables"]?.AsArray() ?? throw new LinuxException("nft_run_cmd_from_buffer", Errno.EPROTO, "list", "no JSON came back");
    }

    private string Execute(JsonObject document, string subject)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_context == 0, this);
            int result;
            fixed (byte* text = Libc.CString(document.ToJsonString())) result = _nft.Run(_context, text);
            // Both are emptied by the next run, so read both now.
            var output = Marshal.PtrToStringUTF8(_nft.Output(_context)) ?? string.Empty;
            var error = Marshal.PtrToStringUTF8(_nft.Error(_context)) ?? string.Empty;
            if (result == 0) return output;
            throw new LinuxException("nft_run_cmd_from_buffer", Errno.EINVAL, subject, error.Trim() is { Length: > 0 } words ? words : "refused without a word");
        }
    }

    /// <summary>The functions, found once.</summary>
    private sealed class Functions
    {
        private static readonly Lazy<Functions> Once = new(() => new Functions());

        public static Functions Value => Once.Value;

        public readonly delegate* unmanaged<uint, nint> New = (delegate* unmanaged<uint, nint>)Library.Function("nft_ctx_new");
        public readonly delegate* unmanaged<nint, void> Free = (delegate* unmanaged<nint, void>)Library.Function("nft_ctx_free");
        public readonly delegate* unmanaged<nint, uint, void> SetOutput = (delegate* unmanaged<nint, uint, void>)Library.Function("nft_ctx_output_set_flags");
        public readonly delegate* unmanaged<nint, int> BufferOutput = (delegate* unmanaged<nint, int>)Library.Function("nft_ctx_buffer_output");
        public readonly delegate* unmanaged<nint, int> BufferError = (delegate* unmanaged<nint, int>)Library.Function("nft_ctx_buffer_error");
        public readonly delegate* unmanaged<nint, nint> Output = (delegate* unmanaged<nint, nint>)Library.Function("nft_ctx_get_output_buffer");
        public readonly delegate* unmanaged<nint, nint> Error = (delegate* unmanaged<nint, nint>)Library.Function("nft_ctx_get_error_buffer");
        public readonly delegate* unmanaged<nint, byte*, int> Run = (delegate* unmanaged<nint, byte*, int>)Library.Function("nft_run_cmd_from_buffer");
    }
}
