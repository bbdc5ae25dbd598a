using System.Text.Json.Serialization.Metadata;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Json;

namespace EdgeVpn.Model.Tests.Configuration;

public class PrototypesTests
{
    /// <summary>Walks everything that a configuration may hold: a record without prototype, or a scalar without reader, would throw on some document.</summary>
    [Fact]
    public void Every_record_has_a_prototype_and_every_scalar_a_reader()
    {
        var options = ConfigurationJson.Default.Options;
        var seen = new HashSet<Type>();
        Visit(typeof(BoxConfig));
        Visit(typeof(TrafficSelectorConfig));
        Assert.True(seen.Count > 40, $"only {seen.Count} types seen");

        void Visit(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (!seen.Add(type)) return;
            var info = options.GetTypeInfo(type);
            if (info.PolymorphismOptions is { } cases)
            {
                foreach (var known in cases.DerivedTypes) Visit(known.DerivedType);
                return;
            }

            switch (info.Kind)
            {
                case JsonTypeInfoKind.Object:
                    Assert.True(Prototypes.Has(type), $"{type} has no prototype");
                    foreach (var property in info.Properties) Visit(property.PropertyType);
                    break;
                case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary:
                    Visit(info.ElementType!);
                    break;
                default:
                    Assert.True(
                        info.Converter is IScalarConverter || type == typeof(TrafficSelectorsConfig)
                        || type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(long),
                        $"{type} has no reader");
                    break;
            }
        }
    }
}
