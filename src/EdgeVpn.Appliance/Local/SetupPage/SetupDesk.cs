using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeVpn.SetupPage.Seam;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>Answers what the page's server passes on. Who asks, and whether they may, is judged here: the server that strangers talk to is not believed.</summary>
/// <remarks>
/// <code>
///   a session's cookie       else 401
///   to do: its token         else 403
///   a path of ours           else 404
///   JSON as it should be     else 400
/// </code>
/// </remarks>
internal sealed class SetupDesk(ISetupBox box, SetupDoor door)
{
    private const string SignInPath = "/sign-in";

    public async Task<Answer> AnswerAsync(Question question)
    {
        try
        {
            return await JudgedAsync(question).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            box.Report(fault); // whatever it is, the technician gets an answer and the log the whole of it
            return Refuse(question, HttpStatusCode.InternalServerError, "The box could not do that: its log says why.");
        }
    }

    private Task<Answer> JudgedAsync(Question question) => question.Kind switch
    {
        QuestionKind.See => Task.FromResult(door.Find(question.Cookie) is { } session ? See(question, session) : Stranger(question)),
        QuestionKind.May => Task.FromResult(Refused(question) ?? new Answer(question.Number, (int)HttpStatusCode.NoContent, 0, AnswerFlags.None, "", default)),
        QuestionKind.Do when question.Path == SignInPath => Task.FromResult(Read(question, SetupJson.Default.SignIn) is { } signIn ? SignIn(question, signIn.Code) : Unreadable(question)),
        QuestionKind.Do => Refused(question) is { } refused ? Task.FromResult(refused) : DoAsync(question),
        var other => throw new InvalidOperationException($"{other} is not a kind of question."),
    };

    private Answer See(Question question, SetupDoor.Session session) => question.Path switch
    {
        "/session" => Say(question, new SignedIn(session.Token), SetupJson.Default.SignedIn),
        "/state" => Say(question, box.Look(), SetupJson.Default.SetupView),
        "/bundle" => new Answer(question.Number, (int)HttpStatusCode.OK, 0, AnswerFlags.Bundle, "", box.Bundle()),
        _ => NoSuchPage(question),
    };

    private async Task<Answer> DoAsync(Question question)
    {
        switch (question.Path)
        {
            case "/document":
                return Read(question, SetupJson.Default.Offer) is { Files.IsDefaultOrEmpty: false } offer && offer.Files.All(static file => file is not null)
                    ? Say(question, await box.OfferAsync(offer).ConfigureAwait(false), SetupJson.Default.DocumentAnswer)
                    : Unreadable(question);
            case "/wan":
                return Read(question, SetupJson.Default.WanSettings) is { } wan
                    ? Say(question, await box.ChangeWanAsync(wan).ConfigureAwait(false), SetupJson.Default.DocumentAnswer)
                    : Unreadable(question);
            case "/enrol":
                return Read(question, SetupJson.Default.ClaimOffer) is { } claim ? Say(question, box.Enrol(claim), SetupJson.Default.EnrolAnswer) : Unreadable(question);
            case "/confirm":
                return Say(question, await box.ConfirmAsync().ConfigureAwait(false), SetupJson.Default.DoneAnswer);
            case "/revert":
                return Say(question, await box.RevertAsync().ConfigureAwait(false), SetupJson.Default.DoneAnswer);
            case "/sign-out":
                if (door.Find(question.Cookie) is { } session) door.Leave(session);
                return Say(question, new DoneAnswer("Signed out."), SetupJson.Default.DoneAnswer) with { Flags = AnswerFlags.ForgetCookie };
            case "/close":
                box.Close("closed on the page"); // before it is said: the closing server still lets answers out
                return Say(question, new DoneAnswer("Set-up mode is closed."), SetupJson.Default.DoneAnswer);
            default:
                return NoSuchPage(question);
        }
    }

    private Answer SignIn(Question question, string code)
    {
        switch (door.Try(code))
        {
            case SetupDoor.Admission.Open open:
                return Say(question, new SignedIn(open.Session.Token), SetupJson.Default.SignedIn) with { Flags = AnswerFlags.SetCookie, Cookie = open.Session.Cookie };
            case SetupDoor.Admission.Later later:
                var seconds = (int)Math.Ceiling(later.In.TotalSeconds);
                return Refuse(question, HttpStatusCode.TooManyRequests, $"Too many tries: wait {seconds} seconds.") with { RetryAfter = seconds };
            case SetupDoor.Admission.NoCode:
                return Refuse(question, HttpStatusCode.Conflict, "This box has no set-up code yet: `edgevpn setup code` on the box makes one for its label.");
            case SetupDoor.Admission.Shut:
                box.Close("too many wrong codes"); // before it is said, as above
                return Refuse(question, HttpStatusCode.Forbidden, "Too many wrong codes: hold the button for 3 seconds to begin again.");
            case SetupDoor.Admission.Wrong:
                return Refuse(question, HttpStatusCode.Forbidden, "That is not the code on the label.");
            case var other:
                throw new InvalidOperationException($"{other} is not an admission.");
        }
    }

    /// <summary>Why nothing may be done for whoever asks; null: it may.</summary>
    private Answer? Refused(Question question) => door.Find(question.Cookie) is not { } session ? Stranger(question)
        : SetupDoor.Same(session.Token, question.Token) ? null
        : Refuse(question, HttpStatusCode.Forbidden, "Reload the page.");

    private static T? Read<T>(Question question, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(question.Body.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Answer Stranger(Question question) => Refuse(question, HttpStatusCode.Unauthorized, "Sign in with the code on the label.");

    private static Answer NoSuchPage(Question question) => Refuse(question, HttpStatusCode.NotFound, "There is no such page.");

    private static Answer Unreadable(Question question) => Refuse(question, HttpStatusCode.BadRequest, "That cannot be read.");

    private static Answer Refuse(Question question, HttpStatusCode status, string error) => Say(question, new Refusal(error), SetupJson.Default.Refusal) with { Status = (int)status };

    private static Answer Say<T>(Question question, T value, JsonTypeInfo<T> type) =>
        new(question.Number, (int)HttpStatusCode.OK, 0, AnswerFlags.None, "", JsonSerializer.SerializeToUtf8Bytes(value, type));
}
