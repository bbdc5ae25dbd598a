using EdgeVpn.Fuzz.Targets;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Fuzz;

/// <summary>What fuzzing found worth keeping: every run of it again.</summary>
public sealed class CorpusTests
{
    private static readonly string Corpus = System.IO.Path.Combine(AppContext.BaseDirectory, "corpus");

    public static TheoryData<string> Names => [.. Target.All.Select(static target => target.Name).Where(static name => name != "planted")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Everything_kept_for_a_target_passes(string name)
    {
        var files = Directory.GetFiles(System.IO.Path.Combine(Corpus, name));
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var fault = Record.Exception(() => Target.Find(name)!.Run(File.ReadAllBytes(file)));
            Assert.True(fault is null, $"{name}/{System.IO.Path.GetFileName(file)}: {fault}");
        }
    }

    [Fact]
    public void The_seeds_of_certificates_reach_acceptance()
    {
        foreach (var seed in (string[])["seed-00", "seed-01", "seed-02", "seed-03"])
        {
            var octets = File.ReadAllBytes(System.IO.Path.Combine(Corpus, "certificate", seed));
            Assert.IsType<EdgeVpn.Ipsec.Ike.PeerVerdict.Accepted>(CertificateTarget.Judge(octets));
        }
    }

    [Fact]
    public void The_planted_fault_is_there_and_no_seed_has_it()
    {
        var planted = Target.Find("planted")!;
        foreach (var file in Directory.GetFiles(System.IO.Path.Combine(Corpus, planted.Name))) planted.Run(File.ReadAllBytes(file));
        byte[] faulty = [(byte)ProtocolId.Esp, 4, 0, 1, 0, 0, 0, 1];
        Assert.IsType<FindingException>(Record.Exception(() => planted.Run(faulty)));
    }
}
