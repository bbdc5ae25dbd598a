using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>One connection, what is known of both ends, and where findings go.</summary>
internal sealed record LintContext(
    BoxConfig Configuration,
    ConnectionConfig Connection,
    JsonPath Path,
    ConnectionSpecs Specs,
    AzureSide Azure,
    AzureProposals Proposals,
    bool Assumed,
    Prediction Prediction,
    List<Finding> Findings)
{
    public bool IsBehindNat => Azure.IsBehindNat(Configuration);

    /// <summary>Whether Azure can be the peer at all: told so, met by the default set, or nameable as a policy.</summary>
    public bool IsAzure => !Assumed || Prediction.BoxMayCall || Prediction.AzureMayCall;

    public bool BoxMayCall => Connection.Mode != ConnectionMode.Responder && Azure.Mode != Ipsec.Ike.ConnectionMode.InitiatorOnly
        && !Connection.Remote.Endpoints.Any(static e => e.Address.IsAny);

    public bool AzureMayCall => Connection.Mode != ConnectionMode.Initiator && Azure.Mode != Ipsec.Ike.ConnectionMode.ResponderOnly && !IsBehindNat;

    /// <summary>A tunnel comes up, whoever calls.</summary>
    public bool ComesUp => (BoxMayCall && Prediction.BoxMayCall) || (AzureMayCall && Prediction.AzureMayCall);

    public void Info(string id, JsonPath path, string message, string? mend = null) => Findings.Add(new(id, FindingSeverity.Info, path.Text, message, mend));

    public void Warn(string id, JsonPath path, string message, string? mend = null) => Findings.Add(new(id, FindingSeverity.Warning, path.Text, message, mend));

    public void Error(string id, JsonPath path, string message, string? mend = null) => Findings.Add(new(id, FindingSeverity.Error, path.Text, message, mend));
}
