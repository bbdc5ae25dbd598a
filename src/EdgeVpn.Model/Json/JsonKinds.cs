using System.Text.Json;

namespace EdgeVpn.Model.Json;

/// <summary>JSON's kinds of value in words.</summary>
internal static class JsonKinds
{
    public static string Name(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Null => "null",
        _ => "nothing",
    };
}
