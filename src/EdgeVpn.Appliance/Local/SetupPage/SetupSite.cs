using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>The set-up page's answers, request by request. What a request must be is checked here, in one order, before anything is done.</summary>
/// <remarks>
/// <code>
///   Host is one of our addresses, as a number      else 421    a name that was rebound to us is nobody's name for us (DNS rebinding)
///   GET or POST                                    else 405
///   POST: Origin is that host, JSON                else 403, 415   another site's form cannot say either (CSRF)
///   a session's cookie (SameSite=Strict, HttpOnly) else 401
///   POST: that session's token in a header         else 403
/// </code>
/// Every answer forbids frames, foreign content, caching and guessing of types.
/// </remarks>
/// <param name="hosts">Authorities that the page is opened by: <c>10.10.0.1</c>, with <c>:port</c> unless it is 80.</param>
internal sealed class SetupSite(ISetupBox box, SetupDoor door, ImmutableArray<string> hosts)
{
    public const string Cookie = "edgevpn-setup";
    public const string TokenHeader = "X-Edgevpn-Token";

    private const string Json = "application/json; charset=utf-8";

    public async Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        Protect(response.Headers);
        if (!hosts.Contains(request.Headers.Host.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            await RefuseAsync(response, StatusCodes.Status421MisdirectedRequest, $"This is not that host. Open http://{hosts[0]}/").ConfigureAwait(false);
            return;
        }

        if (HttpMethods.IsGet(request.Method)) await GetAsync(request, response).ConfigureAwait(false);
        else if (HttpMethods.IsPost(request.Method)) await PostAsync(request, response).ConfigureAwait(false);
        else
        {
            response.Headers.Allow = "GET, POST";
            await RefuseAsync(response, StatusCodes.Status405MethodNotAllowed, "Only GET and POST.").ConfigureAwait(false);
        }
    }

    private async Task GetAsync(HttpRequest request, HttpResponse response)
    {
        if (PageFiles.Find(request.Path) is { } file)
        {
            await SendAsync(response, file.Type, file.Octets).ConfigureAwait(false);
            return;
        }

        if (await SessionAsync(request, response).ConfigureAwait(false) is not { } session) return;
        switch (request.Path.Value)
        {
            case "/session":
                await AnswerAsync(response, new SignedIn(session.Token), SetupJson.Default.SignedIn).ConfigureAwait(false);
                break;
            case "/state":
                await AnswerAsync(response, box.Look(), SetupJson.Default.SetupView).ConfigureAwait(false);
                break;
            case "/bundle":
                response.Headers.ContentDisposition = "attachment; filename=\"edgevpn-support.tar.gz\"";
                await SendAsync(response, "application/gzip", box.Bundle()).ConfigureAwait(false);
                break;
            default:
                await RefuseAsync(response, StatusCodes.Status404NotFound, "There is no such page.").ConfigureAwait(false);
                break;
        }
    }

    private async Task PostAsync(HttpRequest request, HttpResponse response)
    {
        if (request.Headers.Origin.ToString() != $"http://{request.Headers.Host}"
            || (request.Headers.TryGetValue("Sec-Fetch-Site", out var from) && from != "same-origin"))
        {
            await RefuseAsync(response, StatusCodes.Status403Forbidden, "This was sent by another site.").ConfigureAwait(false);
            return;
        }

        if (request.ContentType?.Split(';')[0].Trim() != "application/json")
        {
            await RefuseAsync(response, StatusCodes.Status415UnsupportedMediaType, "Only JSON.").ConfigureAwait(false);
            return;
        }

        if (request.Path == "/sign-in")
        {
            if (await ReadAsync(request, response, SetupJson.Default.SignIn).ConfigureAwait(false) is { } signIn) await SignInAsync(signIn.Code, response).ConfigureAwait(false);
            return;
        }

        if (await SessionAsync(request, response).ConfigureAwait(false) is not { } session) return;
        if (!SetupDoor.Same(session.Token, request.Headers[TokenHeader].ToString()))
        {
            await RefuseAsync(response, StatusCodes.Status403Forbidden, "Reload the page.").ConfigureAwait(false);
            return;
        }

        await ActAsync(session, request, response).ConfigureAwait(false);
    }

    private async Task ActAsync(SetupDoor.Session session, HttpRequest request, HttpResponse response)
    {
        switch (request.Path.Value)
        {
            case "/document":
                if (await ReadAsync(request, response, SetupJson.Default.Offer, static offer => !offer.Files.IsDefaultOrEmpty && offer.Files.All(static file => file is not null)).ConfigureAwait(false) is { } offer)
                    await AnswerAsync(response, await box.OfferAsync(offer).ConfigureAwait(false), SetupJson.Default.DocumentAnswer).ConfigureAwait(false);
                break;
            case "/wan":
                if (await ReadAsync(request, response, SetupJson.Default.WanSettings).ConfigureAwait(false) is { } wan)
                    await AnswerAsync(response, await box.ChangeWanAsync(wan).ConfigureAwait(false), SetupJson.Default.DocumentAnswer).ConfigureAwait(false);
                break;
            case "/confirm":
                await AnswerAsync(response, await box.ConfirmAsync().ConfigureAwait(false), SetupJson.Default.DoneAnswer).ConfigureAwait(false);
                break;
            case "/revert":
                await AnswerAsync(response, await box.RevertAsync().ConfigureAwait(false), SetupJson.Default.DoneAnswer).ConfigureAwait(false);
                break;
            case "/sign-out":
                door.Leave(session);
                response.Cookies.Delete(Cookie);
                await AnswerAsync(response, new DoneAnswer("Signed out."), SetupJson.Default.DoneAnswer).ConfigureAwait(false);
                break;
            case "/close":
                // Closed once the answer is on its way: it takes the server with it.
                response.OnCompleted(() =>
                {
                    box.Close("closed on the page");
                    return Task.CompletedTask;
                });
                await AnswerAsync(response, new DoneAnswer("Set-up mode is closed."), SetupJson.Default.DoneAnswer).ConfigureAwait(false);
                break;
            default:
                await RefuseAsync(response, StatusCodes.Status404NotFound, "There is no such page.").ConfigureAwait(false);
                break;
        }
    }

    private async Task SignInAsync(string code, HttpResponse response)
    {
        switch (door.Try(code))
        {
            case SetupDoor.Admission.Open open:
                // No Secure: the page is plain HTTP on one cable, see SECURITY.md.
                response.Cookies.Append(Cookie, open.Session.Cookie, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
                await AnswerAsync(response, new SignedIn(open.Session.Token), SetupJson.Default.SignedIn).ConfigureAwait(false);
                break;
            case SetupDoor.Admission.Later later:
                response.Headers.RetryAfter = Math.Ceiling(later.In.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
                await RefuseAsync(response, StatusCodes.Status429TooManyRequests, $"Too many tries: wait {Math.Ceiling(later.In.TotalSeconds):0} seconds.").ConfigureAwait(false);
                break;
            case SetupDoor.Admission.NoCode:
                await RefuseAsync(response, StatusCodes.Status409Conflict, "This box has no set-up code yet: `edgevpn setup code` on the box makes one for its label.").ConfigureAwait(false);
                break;
            case SetupDoor.Admission.Shut:
                box.Close("too many wrong codes"); // before it is said: the closing server still lets answers out
                await RefuseAsync(response, StatusCodes.Status403Forbidden, "Too many wrong codes: hold the button for 3 seconds to begin again.").ConfigureAwait(false);
                break;
            case SetupDoor.Admission.Wrong:
                await RefuseAsync(response, StatusCodes.Status403Forbidden, "That is not the code on the label.").ConfigureAwait(false);
                break;
            case var other:
                throw new InvalidOperationException($"{other} is not an admission.");
        }
    }

    private async Task<SetupDoor.Session?> SessionAsync(HttpRequest request, HttpResponse response)
    {
        if (door.Find(request.Cookies[Cookie]) is { } session) return session;
        await RefuseAsync(response, StatusCodes.Status401Unauthorized, "Sign in with the code on the label.").ConfigureAwait(false);
        return null;
    }

    private static async Task<T?> ReadAsync<T>(HttpRequest request, HttpResponse response, JsonTypeInfo<T> type, Func<T, bool>? makesSense = null)
        where T : class
    {
        try
        {
            if (await JsonSerializer.DeserializeAsync(request.Body, type, request.HttpContext.RequestAborted).ConfigureAwait(false) is { } value && (makesSense?.Invoke(value) ?? true)) return value;
        }
        catch (JsonException)
        {
            // Said below.
        }

        await RefuseAsync(response, StatusCodes.Status400BadRequest, "That cannot be read.").ConfigureAwait(false);
        return null;
    }

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static Task AnswerAsync<T>(HttpResponse response, T value, JsonTypeInfo<T> type) => SendAsync(response, Json, JsonSerializer.SerializeToUtf8Bytes(value, type));

    private static Task RefuseAsync(HttpResponse response, int status, string error)
    {
        response.StatusCode = status;
        return AnswerAsync(response, new Refusal(error), SetupJson.Default.Refusal);
    }

    private static async Task SendAsync(HttpResponse response, string type, ReadOnlyMemory<byte> octets)
    {
        response.ContentType = type;
        response.ContentLength = octets.Length;
        await response.Body.WriteAsync(octets, response.HttpContext.RequestAborted).ConfigureAwait(false);
    }
}
