using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation.Rules;

namespace EdgeVpn.Model.Validation;

/// <summary>Everything that metadata cannot say: bounds, names that lead somewhere, values that go together.</summary>
internal static class ConfigurationRules
{
    public static void Check(BoxConfig config, ProblemList problems)
    {
        var context = new RuleContext(config, problems);
        CloudRules.Check(context);
        InterfaceRules.Check(context);
        ConnectionRules.Check(context);
        NetworkRules.Check(context);
        SecretRules.Check(context);
        SuiteRules.Check(context);
        TunnelRules.Check(context);
        NotActedOnRules.Check(context);
    }
}
