using System.Text;
using System.Text.Json;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Wanted;

public sealed class TemplateTests
{
    [Theory]
    [InlineData("""{"a":"${lan}"}""", """{"lan":"10.1.0.0/24"}""", """{"a":"10.1.0.0/24"}""")]
    [InlineData("""{"a":["${lans}"]}""", """{"lans":["x","y"]}""", """{"a":[["x","y"]]}""")]
    [InlineData("""{"a":"${mtu}","b":"mtu ${mtu} of ${device}"}""", """{"mtu":1400}""", """{"a":1400,"b":"mtu 1400 of branch-1"}""")]
    [InlineData("""{"a":"$${lan} costs $${","b":1,"c":null,"d":{"e":true}}""", "{}", """{"a":"${lan} costs ${","b":1,"c":null,"d":{"e":true}}""")]
    [InlineData("""{"a":"${x}${y}"}""", """{"x":"p","y":false}""", """{"a":"pfalse"}""")]
    public void Places_are_filled(string template, string variables, string filled)
    {
        var (result, problems) = Fill(template, variables);
        Assert.Empty(problems);
        Assert.Equal(filled, result);
    }

    [Theory]
    [InlineData("""{"a":[{"b":"${lam}"}]}""", """{"lan":"x"}""", "templates/t.json: $.a[0].b", "did you mean \"lan\"?")]
    [InlineData("""{"a":"x"}""", """{"lan":"x"}""", "groups/g.json: $.lan", "is used by nothing in templates/t.json")]
    [InlineData("""{"a":"${lan"}""", "{}", "templates/t.json: $.a", "without its }")]
    [InlineData("""{"${lan}":"x"}""", """{"lan":"x"}""", "templates/t.json: $", "those are not filled")]
    [InlineData("""{"a":"in ${lan}"}""", """{"lan":["x"]}""", "templates/t.json: $.a", "is no text")]
    [InlineData("""{"a":"${lan}"}""", """{"lan":"${device}"}""", "groups/g.json: $.lan", "holds a place")]
    [InlineData("""{"a":"${device}"}""", """{"device":"other"}""", "groups/g.json: $.device", "always the box's name")]
    [InlineData("""[1]""", "{}", "templates/t.json", "is not an object")]
    [InlineData("""{"a":1,"a":2}""", "{}", "templates/t.json", "is not JSON")]
    public void What_does_not_fit_is_a_problem_with_its_path(string template, string variables, string path, string sentence)
    {
        var (result, problems) = Fill(template, variables);
        Assert.Null(result);
        Assert.Contains(problems, p => p.Path.StartsWith(path, StringComparison.Ordinal) && p.Message.Contains(sentence, StringComparison.Ordinal));
    }

    private static (string? Result, List<ReportedProblem> Problems) Fill(string template, string variables)
    {
        var problems = new List<ReportedProblem>();
        var values = JsonElement.Parse(variables).EnumerateObject().ToDictionary(p => p.Name, p => new TemplateVariable(p.Value, "groups/g.json: $." + p.Name));
        return (new Template("templates/t.json", Encoding.UTF8.GetBytes(template)).Fill("branch-1", values, problems)?.ToJsonString(), problems);
    }
}
