using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Model.Tests.Twin;

public sealed class DocumentVersionTests
{
    [Fact]
    public void The_epoch_decides_before_the_revision()
    {
        DocumentVersion[] order = [DocumentVersion.None, new(1, 1), new(1, 2), new(1, 9_000), new(2, 1), new(2, 2)];
        for (var i = 0; i < order.Length; i++)
        {
            for (var j = 0; j < order.Length; j++)
            {
                Assert.Equal(i < j, order[i] < order[j]);
                Assert.Equal(i <= j, order[i] <= order[j]);
                Assert.Equal(i > j, order[i] > order[j]);
                Assert.Equal(i >= j, order[i] >= order[j]);
            }
        }
    }
}
