using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Web;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet serve</c>: the console in the browser.</summary>
internal static class ServeCommand
{
    private static readonly BrokerAddress s_broker = new("127.0.0.1", 1883, Tls: false);

    public static Command Make(FleetConsole console)
    {
        var listen = new Option<IPEndPoint>("--listen")
        {
            Description = "Address and port; port 0 lets the system choose.",
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 8080),
            CustomParser = static result => BrokerCommand.ParseEndPoint(result),
        };
        var certificate = new Option<string?>("--certificate") { Description = "PEM file of the console's certificate and what stands between it and its authority: TLS.", HelpName = "FILE" };
        var key = new Option<string?>("--key") { Description = "PEM file of its private key; default: in the certificate's file.", HelpName = "FILE" };
        var hosts = new Option<string[]>("--host") { Description = "A name by which browsers know the console; may be repeated. Others are refused.", HelpName = "NAME[:PORT]" };
        var insecure = new Option<bool>("--insecure") { Description = "Plain HTTP beyond loopback, although everybody on the way reads passwords. For a laboratory." };
        var issuer = new Option<string?>("--oidc-issuer") { Description = "People may also sign in there, by OpenID Connect: https://….", HelpName = "URL" };
        var client = new Option<string?>("--oidc-client") { Description = "This console's client id at the issuer; its redirect URI is https://HOST/oidc/callback.", HelpName = "ID" };
        var secret = new Option<string?>("--oidc-secret-file") { Description = "File with the client's secret; without it the client is public (PKCE is used in any case).", HelpName = "FILE" };
        var claim = new Option<string>("--oidc-claim") { Description = "Claim of the ID token that names the account here.", HelpName = "NAME", DefaultValueFactory = static _ => "email" };
        var embedded = new Option<bool>("--embedded") { Description = "Run the broker in this process too, and make the fleet if the folder holds none: for a laboratory or ten boxes." };
        var broker = new Option<BrokerAddress?>("--broker")
        {
            Description = $"With --embedded: where boxes reach the broker. Default: {s_broker}.",
            HelpName = "URL",
            CustomParser = static result => BrokerOptionSet.ParseBroker(result),
        };
        var folder = new FleetOption();
        var command = new DetailedCommand("serve", "Runs the console in the browser, until Ctrl-C.",
            """
            The fleet by site, each box with its lights, connections, documents and charts, orders, enrolment, accounts and an audit log.
            Needs libsqlite3. Keeps what boxes said in state/console.db: counters by the minute for 7 days and by the hour for a year.
            Without an account it prints a link that makes the first one. Beyond loopback it needs a certificate.
            Exit code: 0 stopped, 1 cannot listen, 2 wrong usage.

            --embedded needs nothing else: it runs an MQTT broker without users or TLS, on loopback unless --broker and --insecure say otherwise.

            Example: edgefleet serve --folder lyon
            Example: edgefleet serve --embedded --folder lab
            Example: edgefleet serve --listen 0.0.0.0:443 --certificate fullchain.pem --key key.pem --host console.example --folder lyon
            """)
        { listen, certificate, key, hosts, insecure, issuer, client, secret, claim, embedded, broker, User(console), Audit(console) };
        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var at = parsed.GetValue(listen)!;
            var chain = Chain(parsed.GetValue(certificate), parsed.GetValue(key));
            if (chain is null && !IPAddress.IsLoopback(at.Address) && !parsed.GetValue(insecure))
                throw new UsageException($"{at} is not on loopback: say --certificate, or --insecure if passwords in clear are meant.");
            var options = new ListenOptions(at, chain, [.. parsed.GetValue(hosts) ?? []]);
            var oidc = Oidc(parsed.GetValue(issuer), parsed.GetValue(client), parsed.GetValue(secret), parsed.GetValue(claim)!);
            if (!parsed.GetValue(embedded)) return await RunAsync(console, folder.Read(parsed), options, oidc, cancel).ConfigureAwait(false);
            var fleet = EmbeddedFleet.Open(folder.Path(parsed), parsed.GetValue(broker) ?? s_broker, parsed.GetValue(broker) is not null, DateTimeOffset.UtcNow);
            if (!fleet.Broker.IsLoopback && !parsed.GetValue(insecure)) throw new UsageException($"{fleet.Broker} is not on loopback and an embedded broker lets everybody in; say --insecure if that is meant.");
            return await RunEmbeddedAsync(console, fleet, options, oidc, cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunEmbeddedAsync(FleetConsole console, FleetFolder fleet, ListenOptions options, OidcOptions? oidc, CancellationToken cancel)
    {
        if (await BrokerCommand.StartAsync(console, $"{fleet.Broker}", () => EmbeddedFleet.StartBrokerAsync(fleet)).ConfigureAwait(false) is not { } broker) return ExitCode.Failed;
        await using (broker.ConfigureAwait(false))
        {
            console.Line($"broker of fleet {fleet.Name}: {fleet.Broker}, without users and TLS: for a laboratory");
            return await RunAsync(console, fleet, options, oidc, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<int> RunAsync(FleetConsole console, FleetFolder fleet, ListenOptions options, OidcOptions? oidc, CancellationToken cancel)
    {
        try
        {
            var web = await FleetWeb.StartAsync(fleet, options, TimeProvider.System, oidc).ConfigureAwait(false);
            await using (web.ConfigureAwait(false))
            {
                console.Line($"console of fleet {fleet.Name}: {web.Url}", Tone.Good);
                if (web.FirstLink() is { } link) console.Line($"no account yet; this makes the first one, once, within the hour: {link}", Tone.Busy);
                await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            console.Line("stopped.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreException)
        {
            console.Fail(e.Message);
            return ExitCode.Failed;
        }

        return ExitCode.Done;
    }

    private static OidcOptions? Oidc(string? issuer, string? client, string? secretFile, string claim)
    {
        if (issuer is null) return client is null && secretFile is null ? null : throw new UsageException("--oidc-client and --oidc-secret-file belong to --oidc-issuer.");
        if (client is null) throw new UsageException("--oidc-issuer needs --oidc-client.");
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var at) || !(at.Scheme == Uri.UriSchemeHttps || (at.Scheme == Uri.UriSchemeHttp && at.IsLoopback))) throw new UsageException($"{issuer} is no issuer: https://….");
        try
        {
            return new OidcOptions(at, client, secretFile is null ? null : File.ReadAllText(secretFile).Trim(), claim);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static X509Certificate2Collection? Chain(string? certificate, string? key)
    {
        if (certificate is null) return key is null ? null : throw new UsageException("--key without --certificate.");
        try
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(certificate);
            if (chain.Count == 0) throw new UsageException($"{certificate} holds no certificate.");
            chain[0] = X509Certificate2.CreateFromPemFile(certificate, key);
            return chain;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{certificate}: {e.Message}");
        }
    }

    private static DetailedCommand User(FleetConsole console)
    {
        var command = new DetailedCommand("user", "Accounts of the console.",
            """
            Also while the console runs. A password is asked for on the terminal, or read from standard input when that is a pipe.

            Example: edgefleet serve user add jo --role operator --folder lyon
            """)
        {
            Change(console, "add", "Adds an account.", withRole: true, (accounts, name, role, password) => accounts.Add(name, role, password) ? null : $"there is an account {name} already."),
            Change(console, "password", "Gives an account another password, and signs it out everywhere.", withRole: false, static (accounts, name, _, password) => accounts.SetPassword(name, password!) ? null : $"there is no account {name}."),
            Remove(console),
            List(console),
        };
        return command;
    }

    private static DetailedCommand Change(FleetConsole console, string name, string description, bool withRole, Func<AccountStore, string, Role, string?, string?> change)
    {
        var account = Name();
        var elsewhere = new Option<bool>("--oidc") { Description = "Signs in at the issuer and has no password here; ACCOUNT is what the issuer calls them." };
        var role = new Option<string>("--role") { Description = "viewer, operator or admin.", HelpName = "ROLE", DefaultValueFactory = static _ => "viewer" };
        role.AcceptOnlyFromAmong("viewer", "operator", "admin");
        var folder = new FleetOption();
        var command = new DetailedCommand(name, description,
            $"""
            Exit code: 0 done, 2 not done.

            Example: edgefleet serve user {name} jo{(withRole ? " --role operator" : "")} --folder lyon
            """)
        { account };
        if (withRole)
        {
            command.Options.Add(role);
            command.Options.Add(elsewhere);
        }

        folder.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var database = Sqlite.Open(FleetWeb.DatabaseFile(folder.Read(parsed)));
            var who = parsed.GetValue(account)!;
            var isElsewhere = withRole && parsed.GetValue(elsewhere);
            if (!AccountStore.IsName(who)) throw new UsageException($"'{who}' cannot name an account: lower-case letters, digits and . _ - @ +.");
            var password = isElsewhere ? "" : console.ReadPassword($"password of {who}: ");
            if (!isElsewhere && PasswordHash.Problem(password, who) is { } weak) throw new UsageException(weak);
            var hash = isElsewhere ? null : await PasswordHash.OfAsync(password, cancel).ConfigureAwait(false);
            if (change(new AccountStore(database, TimeProvider.System), who, withRole ? Enum.Parse<Role>(parsed.GetValue(role)!, ignoreCase: true) : Role.Viewer, hash) is { } problem) throw new UsageException(problem);
            new AuditLog(database, TimeProvider.System).Add(Environment.UserName, "terminal", withRole ? "account-add" : "password", who, withRole ? parsed.GetValue(role)! : "");
            console.Line($"{who}: {(withRole ? "added" : "changed")}", Tone.Good);
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Remove(FleetConsole console)
    {
        var account = Name();
        var folder = new FleetOption();
        var command = new DetailedCommand("remove", "Takes an account away, and signs it out everywhere.",
            """
            Exit code: 0 removed, 2 there is none, or it is the last admin.

            Example: edgefleet serve user remove jo --folder lyon
            """)
        { account };
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            using var database = Sqlite.Open(FleetWeb.DatabaseFile(folder.Read(parsed)));
            var who = parsed.GetValue(account)!;
            if (!new AccountStore(database, TimeProvider.System).Remove(who)) throw new UsageException($"{who} is the last admin, or nobody.");
            new AuditLog(database, TimeProvider.System).Add(Environment.UserName, "terminal", "account-remove", who);
            console.Line($"{who}: removed");
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand List(FleetConsole console)
    {
        var folder = new FleetOption();
        var json = new Option<bool>("--json") { Description = "One JSON object per account, for scripts." };
        var command = new DetailedCommand("list", "Lists the accounts.",
            """
            Exit code: 0 listed.

            Example: edgefleet serve user list --folder lyon
            """)
        { json };
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            using var database = Sqlite.Open(FleetWeb.DatabaseFile(folder.Read(parsed)));
            foreach (var account in new AccountStore(database, TimeProvider.System).All())
            {
                console.Line(parsed.GetValue(json)
                    ? JsonLine.Of(w =>
                    {
                        w.WriteString("account", account.Name);
                        w.WriteString("role", ReportText.Word(account.Role));
                        if (account.SignedInAt is { } signedIn) w.WriteString("signedInAt", signedIn);
                    })
                    : $"{account.Name} {ReportText.Word(account.Role)}{(account.SignedInAt is { } at ? string.Create(CultureInfo.InvariantCulture, $", signed in {at:u}") : ", never signed in")}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Audit(FleetConsole console)
    {
        var folder = new FleetOption();
        var json = new Option<bool>("--json") { Description = "One JSON object per entry, for scripts." };
        var command = new DetailedCommand("audit", "Prints the audit log, oldest first, and checks that nothing in it was changed.",
            """
            Each entry holds the hash of the one before it. The last line is the newest hash: noted elsewhere, it shows later whether somebody
            wrote the whole log anew.
            Exit code: 0 as it was written, 1 it was changed.

            Example: edgefleet serve audit --folder lyon
            """)
        { json };
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            using var database = Sqlite.Open(FleetWeb.DatabaseFile(folder.Read(parsed)));
            var log = new AuditLog(database, TimeProvider.System);
            var entries = log.Read(0, int.MaxValue).Reverse().ToList();
            foreach (var entry in entries) console.Line(parsed.GetValue(json) ? Json(entry) : string.Create(CultureInfo.InvariantCulture, $"{entry.Id} {entry.At:u} {FleetConsole.Printable($"{entry.Who} {entry.From} {entry.Action} {entry.Subject} {entry.Detail}")}"));
            if (log.FirstBroken() is { } broken)
            {
                console.Fail($"entry {broken} was changed, or is missing.");
                return ExitCode.Failed;
            }

            if (entries.Count > 0 && !parsed.GetValue(json)) console.Line($"as it was written; the newest hash is {entries[^1].Hash}", Tone.Good);
            return ExitCode.Done;
        });
        return command;
    }

    private static string Json(AuditEntry entry) => JsonLine.Of(w =>
    {
        w.WriteNumber("id", entry.Id);
        w.WriteString("at", entry.At);
        w.WriteString("who", entry.Who);
        w.WriteString("from", entry.From);
        w.WriteString("action", entry.Action);
        w.WriteString("subject", entry.Subject);
        w.WriteString("detail", entry.Detail);
        w.WriteString("hash", entry.Hash);
    });

    private static Argument<string> Name() => new("ACCOUNT") { Description = "Its name." };
}
