using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Fields whose place is kept but which this version does not act on: said, never silently ignored.</summary>
internal static class NotActedOnRules
{
    public static void Check(RuleContext context)
    {
        foreach (var (connection, path) in context.Connections)
        {
            Say(context, connection.Nat.Any(r => r.By == NatTranslator.Box), path["nat"], "Address translation inside the tunnel");
            Say(context, connection.Bgp is not null, path["bgp"], "BGP");
        }
    }

    private static void Say(RuleContext context, bool isWritten, JsonPath path, string what)
    {
        if (isWritten) context.Warn(ProblemKind.NotActedOn, path, $"{what}: kept, but this version does not act on it.");
    }
}
