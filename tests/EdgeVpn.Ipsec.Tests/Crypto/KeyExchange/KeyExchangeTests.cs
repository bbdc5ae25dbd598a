using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;

/// <summary>What holds for every method of the default catalogue.</summary>
public sealed class KeyExchangeTests
{
    /// <summary>Method, length of KEi, of KEr, of the shared secret, in octets.</summary>
    public static TheoryData<KeyExchangeMethod, int, int, int> Methods { get; } = new()
    {
        { KeyExchangeMethod.Modp1024, 128, 128, 128 },
        { KeyExchangeMethod.Modp1536, 192, 192, 192 },
        { KeyExchangeMethod.Modp2048, 256, 256, 256 },
        { KeyExchangeMethod.Modp3072, 384, 384, 384 },
        { KeyExchangeMethod.Modp4096, 512, 512, 512 },
        { KeyExchangeMethod.Modp2048s256, 256, 256, 256 },
        { KeyExchangeMethod.Ecp256, 64, 64, 32 },
        { KeyExchangeMethod.Ecp384, 96, 96, 48 },
        { KeyExchangeMethod.Ecp521, 132, 132, 66 },
        { KeyExchangeMethod.Curve25519, 32, 32, 32 },
        { KeyExchangeMethod.Curve448, 56, 56, 56 },
        { KeyExchangeMethod.MlKem512, 800, 768, 32 },
        { KeyExchangeMethod.MlKem768, 1184, 1088, 32 },
        { KeyExchangeMethod.MlKem1024, 1568, 1568, 32 },
    };

    /// <summary>The same without the two that take a second in a debug build; their class and arithmetic are those of the smaller groups.</summary>
    public static TheoryData<KeyExchangeMethod, int, int, int> QuickMethods { get; } =
        new(Methods.Where(row => row.Data.Item1 is not (KeyExchangeMethod.Modp3072 or KeyExchangeMethod.Modp4096)));

    [Theory]
    [MemberData(nameof(Methods))]
    public void Both_sides_compute_one_secret(KeyExchangeMethod method, int initiatorOctets, int responderOctets, int sharedOctets)
    {
        var exchange = Exchange(method);
        using var initiation = exchange.Initiate(new SeededEntropy(1));
        Assert.True(exchange.TryRespond(initiation.PublicValue, new SeededEntropy(2), out var answer, out var responderSecret));
        Assert.True(initiation.TryFinish(answer, out var initiatorSecret));

        Assert.Equal(initiatorOctets, initiation.PublicValue.Length);
        Assert.Equal(responderOctets, answer.Length);
        Assert.Equal(sharedOctets, responderSecret.Length);
        Assert.Equal(responderSecret.Octets, initiatorSecret.Octets);
    }

    [Theory]
    [MemberData(nameof(QuickMethods))]
    public void A_run_repeats_by_its_seed_and_differs_by_another(KeyExchangeMethod method, int initiatorOctets, int responderOctets, int sharedOctets)
    {
        _ = (initiatorOctets, responderOctets, sharedOctets);
        var first = Run(method, seed: 1);
        Assert.Equal(first, Run(method, seed: 1));
        Assert.NotEqual(first, Run(method, seed: 2));
    }

    [Theory]
    [MemberData(nameof(QuickMethods))]
    public void A_value_of_another_length_is_refused_by_both_sides(KeyExchangeMethod method, int initiatorOctets, int responderOctets, int sharedOctets)
    {
        _ = sharedOctets;
        var exchange = Exchange(method);
        using var initiation = exchange.Initiate(new SeededEntropy(1));
        Assert.True(exchange.TryRespond(initiation.PublicValue, new SeededEntropy(2), out var answer, out _));

        foreach (var length in new[] { 0, 1, initiatorOctets - 1, initiatorOctets + 1 })
        {
            var peer = new byte[length];
            initiation.PublicValue.AsSpan(0, Math.Min(length, initiatorOctets)).CopyTo(peer);
            Assert.False(exchange.TryRespond(peer, new SeededEntropy(2), out var publicValue, out var shared));
            Assert.Null(publicValue);
            Assert.Null(shared);
        }

        foreach (var length in new[] { 0, 1, responderOctets - 1, responderOctets + 1 })
        {
            var peer = new byte[length];
            answer.AsSpan(0, Math.Min(length, responderOctets)).CopyTo(peer);
            Assert.False(initiation.TryFinish(peer, out var shared));
            Assert.Null(shared);
        }
    }

    [Theory]
    [MemberData(nameof(QuickMethods))]
    public void A_refused_answer_does_not_spoil_the_true_one(KeyExchangeMethod method, int initiatorOctets, int responderOctets, int sharedOctets)
    {
        _ = (initiatorOctets, sharedOctets);
        var exchange = Exchange(method);
        using var initiation = exchange.Initiate(new SeededEntropy(1));
        Assert.True(exchange.TryRespond(initiation.PublicValue, new SeededEntropy(2), out var answer, out var responderSecret));

        Assert.False(initiation.TryFinish(new byte[responderOctets - 1], out _));
        Assert.True(initiation.TryFinish(answer, out var initiatorSecret));
        Assert.Equal(responderSecret.Octets, initiatorSecret.Octets);
    }

    [Theory]
    [MemberData(nameof(QuickMethods))]
    public void A_disposed_initiation_cannot_finish(KeyExchangeMethod method, int initiatorOctets, int responderOctets, int sharedOctets)
    {
        _ = (initiatorOctets, responderOctets, sharedOctets);
        var exchange = Exchange(method);
        var initiation = exchange.Initiate(new SeededEntropy(1));
        Assert.True(exchange.TryRespond(initiation.PublicValue, new SeededEntropy(2), out var answer, out _));
        initiation.Dispose();
        Assert.Throws<ObjectDisposedException>(() => initiation.TryFinish(answer, out _));
    }

    internal static IKeyExchange Exchange(KeyExchangeMethod method)
    {
        var exchange = AlgorithmCatalog.Default.KeyExchange(method);
        Assert.NotNull(exchange);
        Assert.Equal(method, exchange.Method);
        return exchange;
    }

    private static string Run(KeyExchangeMethod method, int seed)
    {
        var exchange = Exchange(method);
        var entropy = new SeededEntropy(seed);
        using var initiation = exchange.Initiate(entropy);
        Assert.True(exchange.TryRespond(initiation.PublicValue, entropy, out var answer, out var shared));
        return string.Join(' ', Hex.Of(initiation.PublicValue), Hex.Of(answer), Hex.Of(shared.Octets));
    }
}
