using System.Globalization;
using System.Net;
using System.Text;
using EdgeVpn.Fleet.Web.Sign;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Fleet.Web.Http;

/// <summary>One request that passed every check, and its answer.</summary>
/// <param name="context">Of the server.</param>
/// <param name="values">What stood in the path's places.</param>
/// <param name="session">Who asks; null on pages that are open to everybody.</param>
/// <param name="form">What was sent; empty for GET.</param>
public sealed class Visit(HttpContext context, IReadOnlyDictionary<string, string> values, Session? session, IFormCollection form)
{
    public HttpContext Context => context;

    /// <exception cref="InvalidOperationException">The route is open to everybody.</exception>
    public Session Session => session ?? throw new InvalidOperationException("Nobody is signed in here.");

    public bool IsSignedIn => session is not null;

    public IPAddress Address => context.Connection.RemoteIpAddress ?? IPAddress.None;

    /// <summary>Where it comes from, for the audit log.</summary>
    public string From => Address.IsIPv4MappedToIPv6 ? Address.MapToIPv4().ToString() : Address.ToString();

    public CancellationToken Cancel => context.RequestAborted;

    /// <summary>What stood at a place of the path.</summary>
    public string this[string name] => values[name];

    /// <summary>A field of the query; "" if it is not there.</summary>
    public string Query(string name) => context.Request.Query[name].ToString();

    /// <summary>A field of the form, without blanks around it; "" if it is not there.</summary>
    public string Field(string name) => Raw(name).Trim();

    /// <summary>A field as it was typed: passwords.</summary>
    public string Raw(string name) => form[name].ToString();

    /// <summary>A field that may be there more than once.</summary>
    public IReadOnlyList<string> Fields(string name) => [.. form[name].OfType<string>()];

    public Task PageAsync(Html page, int status = StatusCodes.Status200OK) => SendAsync("text/html; charset=utf-8", Encoding.UTF8.GetBytes(page.ToString()), status);

    public async Task SendAsync(string type, ReadOnlyMemory<byte> octets, int status = StatusCodes.Status200OK)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = octets.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(octets, Cancel).ConfigureAwait(false);
    }

    /// <summary>Elsewhere on this site, by GET.</summary>
    public Task GoAsync(string path)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
        return Task.CompletedTask;
    }

    public void RetryAfter(TimeSpan span) => context.Response.Headers.RetryAfter = Math.Ceiling(span.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
