using System.Collections.Immutable;
using EdgeVpn.Fleet.Web.Pages;
using EdgeVpn.Fleet.Web.Sign;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Fleet.Web.Http;

/// <summary>What a request must be before a route sees it, checked in one order, for every route alike.</summary>
/// <remarks>
/// <code>
///   Host is a name of ours                          else 421   a foreign name that leads here (DNS rebinding)
///   GET or POST                                     else 405
///   a route with that method                        else 404
///   POST: Origin is that host, not cross-site       else 403   another site's form (CSRF)
///   POST: a form, at most 64 KiB                    else 415, 413
///   the route asks for a role: a session            else 303 to the sign-in page, or 401
///   that session's role is enough                   else 403
///   POST of a session: its token in the form        else 403
/// </code>
/// Every answer forbids frames, foreign and inline content, caching, and guessing of types.
/// </remarks>
public sealed class ConsoleSite(ImmutableArray<Route> routes, Sessions sessions, ImmutableArray<string> hosts, bool isTls)
{
    public const int MaxFormOctets = 64 * 1024;
    public const string TokenField = "token";

    private readonly string _scheme = isTls ? "https" : "http";

    public ImmutableArray<Route> Routes => routes;

    /// <summary>How a browser finds it: by the first of its names.</summary>
    public string Url => $"{_scheme}://{hosts[0]}";

    /// <summary>The session's cookie. Over TLS its very name keeps others from setting it.</summary>
    public string Cookie => isTls ? "__Host-edgefleet" : "edgefleet";

    /// <summary>The cookie that says in which browser an account has signed in before.</summary>
    public string BrowserCookie => isTls ? "__Host-edgefleet-known" : "edgefleet-known";

    public CookieOptions CookieOptions(TimeSpan? life = null) => new() { HttpOnly = true, Secure = isTls, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = life };

    public async Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        Protect(response.Headers);
        var isPost = HttpMethods.IsPost(request.Method);
        if (!hosts.Contains(request.Headers.Host.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            await RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "This console is not known by that name", $"Open it as {_scheme}://{hosts[0]}/, or name this host with --host.").ConfigureAwait(false);
            return;
        }

        if (!isPost && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD, POST";
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Not that way", "Only GET and POST.").ConfigureAwait(false);
            return;
        }

        var path = request.Path.Value ?? "/";
        if (!isPost && Assets.Find(path) is { } asset)
        {
            response.Headers.CacheControl = "no-cache"; // asked again each time, and answered with 304 while it is the same
            response.Headers.ETag = asset.Tag;
            if (request.Headers.IfNoneMatch == asset.Tag) response.StatusCode = StatusCodes.Status304NotModified;
            else await new Visit(context, s_none, null, FormCollection.Empty).SendAsync(asset.Type, asset.Octets).ConfigureAwait(false);
            return;
        }

        var method = isPost ? "POST" : "GET";
        if (Find(method, path) is not var (route, values))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such page", "The address is mistyped, or what it was about is gone.").ConfigureAwait(false);
            return;
        }

        if (isPost && !IsOurs(request))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "This was sent by another site", "Nothing was done.").ConfigureAwait(false);
            return;
        }

        var form = FormCollection.Empty;
        if (isPost)
        {
            if (!request.HasFormContentType)
            {
                await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "Only forms", "Nothing was done.").ConfigureAwait(false);
                return;
            }

            try
            {
                form = (FormCollection)await request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false);
            }
            catch (Exception e) when (e is BadHttpRequestException or InvalidDataException)
            {
                await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, "That is too much, or cannot be read", "Nothing was done.").ConfigureAwait(false);
                return;
            }
        }

        var session = sessions.Find(request.Cookies[Cookie], isWork: isPost || !request.Headers.ContainsKey("X-Live"));
        if (route.Role is { } role)
        {
            if (session is null)
            {
                if (isPost || request.Headers.ContainsKey("X-Live") || path == "/live") await RefuseAsync(context, StatusCodes.Status401Unauthorized, "Please sign in", "The session is over.").ConfigureAwait(false);
                else await new Visit(context, s_none, null, form).GoAsync(path == "/" ? "/sign-in" : $"/sign-in?next={Uri.EscapeDataString(path)}").ConfigureAwait(false);
                return;
            }

            if (session.Role < role)
            {
                await RefuseAsync(context, StatusCodes.Status403Forbidden, "Not with this account", $"This takes the role {Words.Of(role)}; {session.Account} is {Words.Of(session.Role)}.").ConfigureAwait(false);
                return;
            }

            if (isPost && !Sessions.Same(session.Token, form[TokenField].ToString()))
            {
                await RefuseAsync(context, StatusCodes.Status403Forbidden, "The page was out of date", "Nothing was done: go back, reload the page, and try again.").ConfigureAwait(false);
                return;
            }
        }

        await route.Answer(new Visit(context, values, session, form)).ConfigureAwait(false);
    }

    private static readonly Dictionary<string, string> s_none = [];

    private (Route, Dictionary<string, string>)? Find(string method, string path)
    {
        foreach (var route in routes)
            if (route.Method == method && route.Match(path) is { } values) return (route, values);
        return null;
    }

    private bool IsOurs(HttpRequest request)
    {
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var from) && from != "same-origin") return false;
        return string.Equals(request.Headers.Origin.ToString(), $"{_scheme}://{request.Headers.Host}", StringComparison.OrdinalIgnoreCase);
    }

    private void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "same-origin"; // with no-referrer, browsers send our own forms with "Origin: null"
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        if (isTls) headers.StrictTransportSecurity = "max-age=31536000";
    }

    private static Task RefuseAsync(HttpContext context, int status, string title, string text) =>
        new Visit(context, s_none, null, FormCollection.Empty).PageAsync(Layout.Plain(title, Html.Of($"<p>{text}</p><p><a href=\"/\">To the fleet</a></p>")), status);
}
