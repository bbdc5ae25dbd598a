using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>Which claim cards a box asks with, whoever holds one up to it: root at a keyboard or a technician at the set-up page.</summary>
internal static class ClaimCheck
{
    /// <summary>Why the box does not ask with this card, and a name for scripts; null: it asks.</summary>
    /// <param name="member">What the box is enrolled into.</param>
    /// <param name="now">Without a clock of its own the box takes an old card for a good one; the operator, who has a clock, refuses it then.</param>
    public static (string Name, string Sentence)? Refusal(Enrolment? member, ClaimCard card, DateTimeOffset now)
    {
        if (card.NotAfter < now) return ("claim-over", $"The claim card was good until {card.NotAfter:u}. Ask for a new one, or set the clock.");
        return member is { Released: false } && !MayMove(member, card)
            ? ("enrolled", $"This box belongs to the fleet {member.Identity.Fleet}, which has not released it: `edgefleet command release {member.Identity.Device}`.") : null;
    }

    /// <summary>Within its fleet a box may enrol again: the card must be of the same name and of a key that the box trusts already.</summary>
    private static bool MayMove(Enrolment member, ClaimCard card) =>
        member.Identity.Fleet == card.Identity.Fleet && member.Trust.FleetKeys.Any(k => k.Thumbprint == card.FleetKey);
}
