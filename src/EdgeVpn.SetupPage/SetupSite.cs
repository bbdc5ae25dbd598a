using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeVpn.SetupPage.Seam;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeVpn.SetupPage;

/// <summary>The set-up page's answers, request by request. What HTTP can tell of a request is judged here, whose it is by the daemon; in this order.</summary>
/// <remarks>
/// <code>
///   Host is one of our addresses, as a number      else 421         here     a name that was rebound to us is nobody's name for us (DNS rebinding)
///   GET or POST                                    else 405         here
///   POST: Origin is that host, JSON                else 403, 415    here     another site's form cannot say either (CSRF)
///   a session's cookie (SameSite=Strict, HttpOnly) else 401         daemon
///   POST: that session's token in a header         else 403         daemon
///   POST: two megabytes at most                    else 413         here     no body is read for somebody whom the daemon does not know
/// </code>
/// Every answer forbids frames, foreign content, caching and guessing of types.
/// </remarks>
/// <param name="hosts">Authorities that the page is opened by: <c>10.10.0.1</c>, with <c>:port</c> unless it is 80.</param>
internal sealed class SetupSite(BoxLine box, ImmutableArray<string> hosts)
{
    private const string Cookie = "edgevpn-setup";
    private const string TokenHeader = "X-Edgevpn-Token";
    private const string SignIn = "/sign-in";
    private const int MaxSignInOctets = 1_024;

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
        if (PageFiles.Find(request.Path) is { } file) await SendAsync(response, file.Type, file.Octets).ConfigureAwait(false);
        else if (await AskAsync(QuestionKind.See, request, response).ConfigureAwait(false) is { } answer) await PassOnAsync(answer, response).ConfigureAwait(false);
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

        if (request.Path == SignIn)
        {
            request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = MaxSignInOctets;
        }
        else
        {
            if (await AskAsync(QuestionKind.May, request, response).ConfigureAwait(false) is not { } may) return;
            if (may.Status != StatusCodes.Status204NoContent)
            {
                await PassOnAsync(may, response).ConfigureAwait(false);
                return;
            }
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted).ConfigureAwait(false); // Kestrel's limit ends it with 413
        if (await AskAsync(QuestionKind.Do, request, response, body.GetBuffer().AsMemory(0, (int)body.Length)).ConfigureAwait(false) is { } answer)
            await PassOnAsync(answer, response).ConfigureAwait(false);
    }

    /// <returns>Null: it could not be asked, and the response says so.</returns>
    private async Task<Answer?> AskAsync(QuestionKind kind, HttpRequest request, HttpResponse response, ReadOnlyMemory<byte> body = default)
    {
        var (path, cookie, token) = (request.Path.Value ?? "", request.Cookies[Cookie] ?? "", request.Headers[TokenHeader].ToString());
        if (Math.Max(path.Length, Math.Max(cookie.Length, token.Length)) > Question.MaxTextLength)
        {
            await RefuseAsync(response, StatusCodes.Status400BadRequest, "That cannot be read.").ConfigureAwait(false);
            return null;
        }

        if (await box.AskAsync(kind, path, cookie, token, body).ConfigureAwait(false) is { } answer) return answer;
        await RefuseAsync(response, StatusCodes.Status503ServiceUnavailable, "Set-up mode is closed.").ConfigureAwait(false);
        return null;
    }

    private static Task PassOnAsync(Answer answer, HttpResponse response)
    {
        response.StatusCode = answer.Status;
        if (answer.RetryAfter > 0) response.Headers.RetryAfter = answer.RetryAfter.ToString(CultureInfo.InvariantCulture);
        if (answer.Flags.HasFlag(AnswerFlags.ForgetCookie)) response.Cookies.Delete(Cookie);
        // No Secure: the page is plain HTTP on one cable, see SECURITY.md.
        if (answer.Flags.HasFlag(AnswerFlags.SetCookie)) response.Cookies.Append(Cookie, answer.Cookie, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
        if (!answer.Flags.HasFlag(AnswerFlags.Bundle)) return SendAsync(response, PageFile.Json, answer.Body);
        response.Headers.ContentDisposition = "attachment; filename=\"edgevpn-support.tar.gz\"";
        return SendAsync(response, "application/gzip", answer.Body);
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

    private static Task RefuseAsync(HttpResponse response, int status, string error)
    {
        response.StatusCode = status;
        return SendAsync(response, PageFile.Json, Encoding.UTF8.GetBytes($$"""{"error":"{{JsonEncodedText.Encode(error)}}"}"""));
    }

    private static async Task SendAsync(HttpResponse response, string type, ReadOnlyMemory<byte> octets)
    {
        response.ContentType = type;
        response.ContentLength = octets.Length;
        await response.Body.WriteAsync(octets, response.HttpContext.RequestAborted).ConfigureAwait(false);
    }
}
