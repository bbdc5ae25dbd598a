using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Composition;

public sealed class CloudStartTests
{
    private static readonly CloudStart OnTheSpot = new(new TwinIdentity("lyon", "branch-042"), new BrokerAddress("broker.example", 8883, Tls: true), Insecure: false, new TwinSettings());

    [Fact]
    public void A_document_without_a_broker_does_not_cost_a_box_the_one_it_was_given_on_the_spot()
    {
        var kept = OnTheSpot.ToKeepWith(new BoxConfig(), known: null);
        Assert.Equal(new DeviceIdentity(OnTheSpot.Identity, OnTheSpot.Broker, Insecure: false), kept);
        var afterTheNextStart = CloudStart.From(new BoxConfig(), new CloudStart(kept!.Identity, kept.Broker, kept.Insecure, new TwinSettings()));
        Assert.Equal(OnTheSpot.Broker, afterTheNextStart?.Broker);
    }

    [Fact]
    public void What_names_its_broker_or_is_known_already_is_not_kept_twice()
    {
        Assert.Null(OnTheSpot.ToKeepWith(new BoxConfig { Cloud = new CloudConfig { Broker = OnTheSpot.Broker } }, known: null));
        Assert.Null(OnTheSpot.ToKeepWith(new BoxConfig(), new DeviceIdentity(OnTheSpot.Identity, OnTheSpot.Broker, Insecure: false)));
    }
}
