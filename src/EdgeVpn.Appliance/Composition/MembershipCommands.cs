using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Orders about the membership itself: renewal, change of keys, release. None of them can lock the box out.</summary>
/// <param name="state">Where it is kept.</param>
/// <param name="changed">Called when certificate or authorities are others.</param>
internal sealed class MembershipCommands(StateDirectory state, Action changed)
{
    public static IReadOnlyList<string> Known { get; } = [TwinCommand.Renew, TwinCommand.Certificate, TwinCommand.Trust, TwinCommand.Release];

    public CommandOutcome Run(CommandDocument command, P256Key signer)
    {
        if (state is not { Enrolment: { } enrolment, Keys: { } keys }) return No("This box is not enrolled.");
        switch (command.Name)
        {
            case TwinCommand.Renew:
                var request = JsonSerializer.SerializeToUtf8Bytes(EnrolmentAnswerCheck.Unauthenticated(enrolment.Identity, keys), TwinJson.Wire.EnrolmentRequest);
                return new CommandOutcome(true, Encoding.ASCII.GetString(SignedMessage.Sign(keys.Identity, SignedType.Enrolment, request)));
            case TwinCommand.Certificate:
                if (BoxCommands.Text(command, "certificate") is not { } pem) return No("There is no certificate in the order.");
                var renewed = enrolment with { Certificate = pem };
                if (!renewed.HasCertificates(P256Key.Of(keys.Identity))) return No("The certificate is not for this box's key, or not of an authority it trusts; the one before stays.");
                return Keep(renewed, $"certificate until {renewed.NotAfter:u}");
            case TwinCommand.Trust:
                if (command.Arguments is not { } arguments || !TwinJson.TryRead(Encoding.UTF8.GetBytes(arguments.GetRawText()), TwinJson.Wire.TrustDocument, out var trust) || !trust.IsSound)
                    return No("There is no list of keys and authorities in the order.");
                // Whoever changes the locks must hold one of the new keys; and the box must still get in at its broker.
                if (!trust.FleetKeys.Contains(signer)) return No("The new keys do not hold the one that signed the order; nothing changed.");
                var trusting = enrolment with { Trust = trust };
                if (!trusting.HasCertificates(P256Key.Of(keys.Identity))) return No("The box's certificate is not of the new authorities; renew it first.");
                return Keep(trusting, $"trusts {string.Join(", ", trust.FleetKeys)}");
            case TwinCommand.Release:
                return Keep(enrolment with { Released = true }, "released: the box may enrol elsewhere");
            default:
                return No($"This box does not know '{command.Name}'.");
        }
    }

    private CommandOutcome Keep(Enrolment enrolment, string text)
    {
        var before = state.Enrolment;
        var kept = state.Join(enrolment);
        if (!kept.IsOk) return No(kept.Sentence);
        // Other fleet keys alone need no other connection.
        if (before?.Certificate != enrolment.Certificate || before.Trust.Authorities != enrolment.Trust.Authorities) changed();
        return new CommandOutcome(true, text);
    }

    private static CommandOutcome No(string why) => new(false, why);
}
