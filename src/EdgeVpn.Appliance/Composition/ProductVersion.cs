using System.Reflection;

namespace EdgeVpn.Appliance.Composition;

/// <summary>The version that was built into this executable.</summary>
public static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
