using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Tests.Storage;

/// <summary>The methods of an assembly that write files for good, found in its compiled code.</summary>
internal static class StateWriters
{
    private static readonly FrozenDictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!).ToFrozenDictionary(static code => code.Value);

    /// <summary>Whoever calls <see cref="AtomicFile"/>, and whoever calls a method of <paramref name="between"/>, which does.</summary>
    public static IEnumerable<MethodBase> Of(Assembly assembly, Type between) =>
        from type in assembly.GetTypes()
        from method in type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly).OfType<MethodBase>()
        where CallsOf(method).Any(called => called.Name is nameof(AtomicFile.Write) or nameof(AtomicFile.Delete) && (called.DeclaringType == typeof(AtomicFile) || IsOf(called.DeclaringType, between)))
        select method;

    private static bool IsOf(Type? type, Type open) => type is { IsGenericType: true } && type.GetGenericTypeDefinition() == open;

    private static IEnumerable<MethodBase> CallsOf(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xfe ? unchecked((short)(0xfe00 | code[at + 1])) : code[at];
            var instruction = s_codes[value];
            at += instruction.Size;
            if (instruction.OperandType == OperandType.InlineMethod && Resolve(method, BitConverter.ToInt32(code, at)) is { } called) yield return called;
            at += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token) => method.Module.ResolveMethod(
        token, method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null, method.IsGenericMethod ? method.GetGenericArguments() : null);
}
