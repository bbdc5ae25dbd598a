using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Crypto;

public sealed class PreparedKeyExchangeTests
{
    private readonly KernelEntropy _entropy = new();
    private readonly List<Action> _later = [];
    private bool _isFull;

    [Fact]
    public void Values_are_made_behind_the_first_and_each_is_used_once()
    {
        var prepared = Make();
        using var first = prepared.Initiate(_entropy);
        Assert.Equal(0, prepared.Ready); // nothing beforehand for a group that nobody used yet
        Assert.Single(_later)();
        Assert.Equal(PreparedKeyExchange.Kept, prepared.Ready);
        var seen = new HashSet<string> { Convert.ToHexString(first.PublicValue) };
        for (var i = 0; i < 3 * PreparedKeyExchange.Kept; i++)
        {
            using var next = prepared.Initiate(_entropy);
            Assert.True(seen.Add(Convert.ToHexString(next.PublicValue)));
        }

        Assert.Equal(2, _later.Count); // one refill at a time
    }

    [Fact]
    public void A_prepared_value_agrees_with_the_peer()
    {
        var prepared = Make();
        prepared.Initiate(_entropy).Dispose();
        Assert.Single(_later)();
        using var ours = prepared.Initiate(_entropy);
        Assert.True(AlgorithmCatalog.Default.KeyExchange(KeyExchangeMethod.Ecp384)!.TryRespond(ours.PublicValue, _entropy, out var theirs, out var shared));
        Assert.True(ours.TryFinish(theirs, out var same));
        using (shared) using (same) Assert.Equal(shared.Octets.ToArray(), same.Octets.ToArray());
    }

    [Fact]
    public void A_full_queue_is_asked_again_the_next_time()
    {
        var prepared = Make();
        _isFull = true;
        prepared.Initiate(_entropy).Dispose();
        Assert.Empty(_later);
        _isFull = false;
        prepared.Initiate(_entropy).Dispose();
        Assert.Single(_later);
    }

    private PreparedKeyExchange Make() => new(AlgorithmCatalog.Default.KeyExchange(KeyExchangeMethod.Ecp384)!, piece =>
    {
        if (_isFull) return false;
        _later.Add(piece);
        return true;
    });
}
