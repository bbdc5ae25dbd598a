using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVpn.Board.Definitions;

/// <summary>board.json's serializer, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    UseStringEnumConverter = true,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(BoardDefinition))]
public sealed partial class BoardJson : JsonSerializerContext;
