using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Validation;

/// <summary>Documents changed at random, by seed: nothing throws, a refusal has a reason, and no reason tells the secret.</summary>
public class FuzzTests
{
    private const int Rounds = 4000;

    private static readonly string[] s_tokens =
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "0", "-1", "1e999", "99999999999999999999", "\"\"", "\"any\"", "\"%any\"", "\"0.0.0.0/0\"", "\"::/0\"",
        "\"203.0.113.2\"", "\"\\u0000\"", "\"\\ud800\"", "\"type\":\"psk\",", "\"type\":7,", "\"name\":", "\"00:00:00\"", "\"9999999.23:59:59\"", "\"auto\"", "//", "\ufeff",
        "\"aes256-sha256-modp2048\"", "\"-\"", "\"@#\"", "{\"secrets\":{}}",
    ];

    public static TheoryData<int> Seeds => [1, 2, 3, 4];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_the_octets_are_a_value_comes_back(int seed)
    {
        var random = new Random(seed);
        var valid = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var document = Mutate(Encoding.UTF8.GetBytes(round % 2 == 0 ? Documents.Example : Documents.Shortest), random);
            var result = Read(document, seed, round);
            if (result.Configuration is { } config)
            {
                valid++;
                _ = ConfigurationWriter.WriteRedacted(EffectiveConfiguration.Of(config));
            }
            else
            {
                Assert.True(result.Errors.Any(), $"seed {seed} round {round}: refused without a reason");
            }
        }

        Assert.True(valid > 0, "no mutated document was valid: the test mutates too much to reach the rules");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_a_field_is_replaced_by_the_rest_is_still_checked(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds / 4; round++)
        {
            // Whole values are replaced, so that the document stays JSON and reaches the rules.
            var root = JsonNode.Parse(Documents.Example)!.AsObject();
            root["device"]!["name"] = "not a name!";
            var member = root.ElementAt(2 + random.Next(root.Count - 2)).Key; // neither schema nor device
            Replace(root[member]!, random);
            var result = Read(Encoding.UTF8.GetBytes(root.ToJsonString()), seed, round);
            Assert.Contains(result.Errors, e => e.Path.Text == "$.device.name");
        }
    }

    private static ConfigurationResult Read(byte[] document, int seed, int round)
    {
        try
        {
            var result = ConfigurationReader.Read(document, DocumentBounds.Desired);
            foreach (var problem in result.Problems) Assert.DoesNotContain(Documents.Psk, problem.ToString(), StringComparison.Ordinal);
            return result;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed} round {round}: {Encoding.UTF8.GetString(document)}", e);
        }
    }

    private static byte[] Mutate(byte[] document, Random random)
    {
        var octets = document.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(octets.Count);
            switch (random.Next(6))
            {
                case 0:
                    octets[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 2:
                    octets.RemoveRange(at, Math.Min(random.Next(1, 20), octets.Count - at));
                    break;
                case 3:
                    octets.InsertRange(at, Encoding.UTF8.GetBytes(s_tokens[random.Next(s_tokens.Length)]));
                    break;
                case 4:
                    octets.InsertRange(at, octets.GetRange(at, Math.Min(random.Next(1, 80), octets.Count - at)));
                    break;
                default:
                    octets.RemoveRange(at, octets.Count - at);
                    break;
            }

            if (octets.Count == 0) octets.Add((byte)'{');
        }

        return [.. octets];
    }

    private static void Replace(JsonNode node, Random random)
    {
        while (true)
        {
            var inner = node switch
            {
                JsonObject o when o.Count > 0 => o.ElementAt(random.Next(o.Count)).Value,
                JsonArray a when a.Count > 0 => a[random.Next(a.Count)],
                _ => null,
            };
            if (inner is null || random.Next(4) == 0)
            {
                var value = JsonNode.Parse(random.Next(8) switch
                {
                    0 => "null",
                    1 => "0",
                    2 => "-1",
                    3 => "\"x\"",
                    4 => "[]",
                    5 => "{}",
                    6 => "[null]",
                    _ => "\"\\u001b\\n\"",
                });
                node.ReplaceWith(value);
                return;
            }

            node = inner;
        }
    }
}
