using System.Net;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Document, device and broker.</summary>
internal static class CloudRules
{
    public static void Check(RuleContext context)
    {
        var config = context.Config;
        if (config.Schema != BoxConfig.CurrentSchema)
            context.Error(ProblemKind.BadValue, JsonPath.Root["schema"], $"Schema {config.Schema} is unknown; this version knows {BoxConfig.CurrentSchema}.");
        if (config.Device.Name is { } name) context.SimpleName(name, 63, JsonPath.Root["device"]["name"]);
        if (config.Device.Site is { } site && (site.Length > 200 || site.Any(char.IsControl)))
            context.Error(ProblemKind.BadValue, JsonPath.Root["device"]["site"], "A site has at most 200 characters, on one line.");
        if (config.Cloud is { } cloud) Cloud(context, cloud, JsonPath.Root["cloud"]);
    }

    private static void Cloud(RuleContext context, CloudConfig cloud, JsonPath path)
    {
        Broker(context, cloud, path["broker"]);
        if (cloud.Fleet is { } fleet) context.SimpleName(fleet, 63, path["fleet"]);
        context.Between(cloud.CommitConfirm, TimeSpan.FromSeconds(30), TimeSpan.FromHours(24), path["commitConfirm"]);
    }

    private static void Broker(RuleContext context, CloudConfig cloud, JsonPath path)
    {
        var broker = cloud.Broker;
        if (!broker.IsAbsoluteUri)
        {
            context.Error(ProblemKind.BadValue, path, "The broker is not an absolute URI.");
            return;
        }

        if (broker.Scheme is not ("mqtt" or "mqtts"))
            context.Error(ProblemKind.BadValue, path, "The broker's scheme is mqtts (TLS) or mqtt.", DidYouMean.Sentence(broker.Scheme, ["mqtts", "mqtt"]));
        else if (broker.Scheme == "mqtt" && !cloud.Insecure && !IsLoopback(broker))
            context.Error(ProblemKind.Weak, path, "Without TLS anyone on the way reads and writes.", "use mqtts://, or \"insecure\": true in a laboratory");
        if (broker.UserInfo.Length > 0)
            context.Error(ProblemKind.BadValue, path, "A user name or password does not belong in the broker's address.", "the box shows its certificate");
        if (broker.AbsolutePath.Length > 1 || broker.Query.Length > 0 || broker.Fragment.Length > 0)
            context.Error(ProblemKind.BadValue, path, "A broker has a host and a port, no path.");
    }

    private static bool IsLoopback(Uri uri) =>
        uri.IdnHost == "localhost" || (IPAddress.TryParse(uri.IdnHost, out var address) && IPAddress.IsLoopback(address));
}
