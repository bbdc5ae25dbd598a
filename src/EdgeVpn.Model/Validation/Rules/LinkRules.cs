using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Sessions of an access provider (PPPoE, LTE), and what is asked beyond a WAN.</summary>
/// <remarks>Their words end up in files of pppd and ModemManager, quoted: what could end a line there is refused here, and what a reader there has no quoting for.</remarks>
internal static class LinkRules
{
    private const int MostReached = 4;
    private const int LongestWord = 128;
    private const int LongestApn = 100; // 3GPP TS 23.003 §9.1

    public static void Check(RuleContext context, InterfaceConfig item, JsonPath path)
    {
        var kinds = new[] { (item.Vlan is not null, "vlan"), (item.Pppoe is not null, "pppoe"), (item.Lte is not null, "lte") }.Where(k => k.Item1).Select(k => k.Item2).ToList();
        foreach (var second in kinds.Skip(1)) context.Error(ProblemKind.Contradiction, path[second], $"An interface cannot be \"{kinds[0]}\" and \"{second}\" at once.", "give each its own entry in \"interfaces\"");
        if (item.Pppoe is { } pppoe) Pppoe(context, item, pppoe, path["pppoe"]);
        if (item.Lte is { } lte) Lte(context, lte, path["lte"]);
        if (item.Pppoe is not null || item.Lte is not null) Provider(context, item, path);
        Reach(context, item, path["reach"]);
    }

    private static void Pppoe(RuleContext context, InterfaceConfig item, PppoeConfig pppoe, JsonPath path)
    {
        context.InterfaceName(pppoe.Parent, path["parent"]);
        if (pppoe.Parent == item.Name) context.Error(ProblemKind.Contradiction, path["parent"], "A session cannot stand on itself.", "\"name\" is the session's, \"parent\" the port's");
        Word(context, pppoe.User, path["user"]);
        if (pppoe.Service is { } service) Word(context, service, path["service"]);
        Secret(context, pppoe.Secret, path["secret"]);
    }

    private static void Lte(RuleContext context, LteConfig lte, JsonPath path)
    {
        if (lte.Apn.Length is 0 or > LongestApn || !lte.Apn.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            context.Error(ProblemKind.BadValue, path["apn"], $"An access point name has 1 to {LongestApn} letters, digits, '.', '-' and '_'.");
        if (lte.User is { } user) Word(context, user, path["user"], isModems: true);
        if (lte.Secret is { } secret) Secret(context, secret, path["secret"], isModems: true);
        if (lte.Pin is { } pin && context.Config.Secrets.GetValueOrDefault(pin)?.Password?.Reveal() is { } digits && (digits.Length is < 4 or > 8 || !digits.All(char.IsAsciiDigit)))
            context.Error(ProblemKind.BadValue, path["pin"], "A PIN has 4 to 8 digits.");
    }

    /// <summary>The provider gives the address; it does not belong on a LAN.</summary>
    private static void Provider(RuleContext context, InterfaceConfig item, JsonPath path)
    {
        if (context.IsSound(path["role"]) && item.Role != InterfaceRole.Wan) context.Error(ProblemKind.Contradiction, path["role"], "A provider's session is a WAN.");
        if (item.Ipv4.EffectiveMethod == Ipv4Method.Static) context.Error(ProblemKind.Contradiction, path["ipv4"]["method"], "The provider gives this interface its address.", "leave \"ipv4\" out, or its \"dns\" alone");
    }

    private static void Reach(RuleContext context, InterfaceConfig item, JsonPath path)
    {
        if (item.Reach.Length > MostReached) context.Error(ProblemKind.TooMuch, path, string.Create(CultureInfo.InvariantCulture, $"At most {MostReached} hosts are asked."));
        if (!item.Reach.IsEmpty && item.Role == InterfaceRole.Lan) context.Error(ProblemKind.Contradiction, path, "Only a WAN leads beyond itself.");
        foreach (var (address, at) in context.Items(item.Reach, path))
            if (address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.GetAddressBytes()[0] is >= 224 and <= 239 && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
                context.Error(ProblemKind.BadValue, at, $"{address} is no single host beyond a WAN.");
    }

    private static void Word(RuleContext context, string text, JsonPath path, bool isModems = false)
    {
        if (Objection(text, isModems) is { } objection) context.Error(ProblemKind.BadValue, path, $"It {objection}.");
    }

    private static void Secret(RuleContext context, string name, JsonPath path, bool isModems = false)
    {
        if (context.Config.Secrets.GetValueOrDefault(name)?.Password?.Reveal() is not { } password) return; // another rule says that it is missing
        if (Objection(password, isModems) is { } objection) context.Error(ProblemKind.BadValue, path, $"That password {objection}.");
    }

    /// <summary>Why a word cannot be given to the program that connects; null: it can.</summary>
    /// <param name="isModems">ModemManager's command has no way to write a quotation mark of the kind that encloses it.</param>
    private static string? Objection(string word, bool isModems) =>
        word.Length is 0 or > LongestWord ? $"must have 1 to {LongestWord} characters"
        : word.Any(char.IsControl) ? "has a control character"
        : isModems && word.Contains('"', StringComparison.Ordinal) && word.Contains('\'', StringComparison.Ordinal) ? "has both ' and \", and ModemManager can be given only one of them"
        : null;
}
