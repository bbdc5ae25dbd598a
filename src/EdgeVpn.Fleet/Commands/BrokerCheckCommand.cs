using System.CommandLine;
using EdgeVpn.Fleet.Operator;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet broker check</c>: whether a broker does what boxes and operators need.</summary>
internal static class BrokerCheckCommand
{
    public static Command Make(FleetConsole console)
    {
        var brokerOptions = new BrokerOptionSet();
        var folder = new FleetOption();
        var command = new DetailedCommand("check", "Tries on a broker what boxes and operators need of it, and names what is missing.",
            """
            Retained messages (to one topic and to wildcards), wills, QoS 1 queues, order, message size, and a fleet's worth of retained
            messages at once, on topics of its own that it takes away again (edgevpn/operator/check-…/). With a fleet's folder also the
            access rules: two boxes that are none try to read and speak for each other.
            Exit code: 0 all there, 1 something is missing or the broker cannot be reached, 2 wrong usage.

            Example: edgefleet broker check --broker mqtts://broker.example --authorities ca.crt --certificate operator.crt --key operator.key
            """);
        brokerOptions.AddTo(command);
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var fleet = folder.TryRead(parsed);
            var options = brokerOptions.Read(parsed, fleet);
            if (!options.Broker.Tls && !options.Broker.IsLoopback && !options.Insecure)
                throw new BrokerException($"{options.Broker} is neither TLS nor on loopback; use mqtts://, or --insecure in a laboratory.");
            var missing = 0;
            await foreach (var finding in new BrokerCheck(options, fleet?.Broker == options.Broker ? fleet : null).RunAsync(cancel).ConfigureAwait(false))
            {
                if (finding.Good == false) missing++;
                Print(console, finding, parsed.GetValue(brokerOptions.Json));
            }

            if (!parsed.GetValue(brokerOptions.Json)) console.Line(missing == 0 ? $"{options.Broker} has what a fleet needs." : $"{options.Broker}: {missing} missing.", missing == 0 ? Tone.Good : Tone.Bad);
            return missing == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Print(FleetConsole console, BrokerFinding finding, bool json)
    {
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("name", finding.Name);
                if (finding.Good is { } good) w.WriteBoolean("good", good);
                else w.WriteNull("good");
                w.WriteString("detail", finding.Detail);
            }));
            return;
        }

        var (word, tone) = finding.Good switch
        {
            true => ("ok     ", Tone.Good),
            false => ("MISSING", Tone.Bad),
            null => ("-      ", Tone.Faint),
        };
        console.Line($"{word}  {finding.Name}: {FleetConsole.Printable(finding.Detail)}", tone);
    }
}
