using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Document, device, broker, metrics and laboratory.</summary>
internal static class CloudRules
{
    public static void Check(RuleContext context)
    {
        var config = context.Config;
        if (config.Schema != BoxConfig.CurrentSchema)
            context.Error(ProblemKind.BadValue, JsonPath.Root["schema"], $"Schema {config.Schema} is unknown; this version knows {BoxConfig.CurrentSchema}.");
        if (config.Device.Name is { } name) context.SimpleName(name, TwinLimits.MaxNameLength, JsonPath.Root["device"]["name"]);
        if (config.Device.Site is { } site && (site.Length > 200 || site.Any(char.IsControl)))
            context.Error(ProblemKind.BadValue, JsonPath.Root["device"]["site"], "A site has at most 200 characters, on one line.");
        if (config.Cloud is { } cloud) Cloud(context, cloud, JsonPath.Root["cloud"]);
        if (config.Metrics is { } metrics)
        {
            context.Between(metrics.Port, 1, 65_535, JsonPath.Root["metrics"]["port"]);
            if (metrics.Listen == MetricsListen.Lan && !config.Interfaces.Any(static i => i.Role == InterfaceRole.Lan))
                context.Error(ProblemKind.Contradiction, JsonPath.Root["metrics"]["listen"], "No interface has the role \"lan\".");
        }

        if (config.Lab.ShortTimes)
            context.Warn(ProblemKind.Doubtful, JsonPath.Root["lab"]["shortTimes"], "Short times are for laboratories: in production they cost tunnels.");
    }

    private static void Cloud(RuleContext context, CloudConfig cloud, JsonPath path)
    {
        if (!cloud.Broker.Tls && !cloud.Insecure && !cloud.Broker.IsLoopback)
            context.Error(ProblemKind.Weak, path["broker"], "Without TLS anyone on the way reads and writes.", "use mqtts://, or \"insecure\": true in a laboratory");
        if (cloud.Fleet is { } fleet)
        {
            context.SimpleName(fleet, TwinLimits.MaxNameLength, path["fleet"]);
            if (TwinName.IsReservedFleet(fleet)) context.Error(ProblemKind.BadValue, path["fleet"], $"\"{fleet}\" means something else in topics.");
        }

        context.Between(cloud.CommitConfirm, TimeSpan.FromSeconds(30), TimeSpan.FromHours(24), path["commitConfirm"]);
    }
}
