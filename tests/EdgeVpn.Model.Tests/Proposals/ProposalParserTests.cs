using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Tests.Proposals;

public class ProposalParserTests
{
    /// <summary>IANA's numbers, typed from the registry: type:id or type:id:bits.</summary>
    [Theory]
    [InlineData("aes256gcm16-prfsha384-ecp384", ProposalUse.Ike, "1:20:256 2:6 4:20")]
    [InlineData("aes256-sha256-modp2048", ProposalUse.Ike, "1:12:256 2:5 3:12 4:14")]
    [InlineData("aes256-sha256-modp1024", ProposalUse.Ike, "1:12:256 2:5 3:12 4:2")]
    [InlineData("aes256-aes128-sha256-sha1-modp2048-modp1024", ProposalUse.Ike, "1:12:256 1:12:128 2:5 2:2 3:12 3:2 4:14 4:2")]
    [InlineData("aes256-sha512-prfsha1-x25519", ProposalUse.Ike, "1:12:256 2:2 3:14 4:31")]
    [InlineData("aes256gcm16-sha384-ecp384", ProposalUse.Ike, "1:20:256 2:6 4:20")]
    [InlineData("aes128gcm16-modp3072", ProposalUse.Ike, "1:20:128 2:5 2:6 2:7 4:15")]
    [InlineData("chacha20poly1305-prfsha256-x25519-ke1_mlkem768", ProposalUse.Ike, "1:28 2:5 4:31 6:36")]
    [InlineData("aes256gcm16-prfsha256-x25519-ke2_ecp384-ke1_mlkem768-ke1_none", ProposalUse.Ike, "1:20:256 2:5 4:31 6:36 6:0 7:20")]
    [InlineData("3des-sha1-modp1024", ProposalUse.Ike, "1:3 2:2 3:2 4:2")]
    [InlineData("aes-sha384-ecp521", ProposalUse.Ike, "1:12:128 2:6 3:13 4:21")]
    [InlineData("aes256gcm16", ProposalUse.Esp, "1:20:256 5:0")]
    [InlineData("aes256gcm16-esn-noesn", ProposalUse.Esp, "1:20:256 5:1 5:0")]
    [InlineData("aes256-sha256-modp2048", ProposalUse.Esp, "1:12:256 3:12 4:14 5:0")]
    [InlineData("aes128gcm128-ecp256-none", ProposalUse.Esp, "1:20:128 4:19 4:0 5:0")]
    [InlineData("3des-sha1", ProposalUse.Esp, "1:3 3:2 5:0")]
    [InlineData("aes256gcm16-sha256", ProposalUse.Esp, "1:20:256 5:0")]
    public void Keywords_stand_for_transforms(string text, ProposalUse use, string transforms)
    {
        var spec = ProposalParser.Parse(text, use, out _);
        Assert.NotNull(spec);
        Assert.Equal(transforms, string.Join(' ', spec.Transforms.Select(t => $"{(int)t.Kind}:{t.Id}{(t.KeyLength == 0 ? "" : $":{t.KeyLength}")}")));
    }

    [Theory]
    [InlineData("", ProposalUse.Ike, null)]
    [InlineData("aes256gmc16-ecp384", ProposalUse.Ike, "did you mean \"aes256gcm16\"?")]
    [InlineData("aes256-sha256-modp2048!", ProposalUse.Ike, "leave out the \"!\": what is not named is not proposed")]
    [InlineData("aes256-sha256", ProposalUse.Ike, "add modp2048, ecp384 or x25519")]
    [InlineData("aes256-sha256-none", ProposalUse.Ike, null)]
    [InlineData("aes256-modp2048", ProposalUse.Ike, "add sha256")]
    [InlineData("sha256-modp2048", ProposalUse.Ike, "for example aes256gcm16")]
    [InlineData("aes256gcm16-aes256-sha256-modp2048", ProposalUse.Ike, "write two proposals")]
    [InlineData("aes256gcm16-ecp384-esn", ProposalUse.Ike, null)]
    [InlineData("aes256gcm16-prfsha256", ProposalUse.Esp, null)]
    [InlineData("aes256", ProposalUse.Esp, "add sha256")]
    [InlineData("aes256gcm16-ke1_mlkem768", ProposalUse.Esp, "add x25519")]
    [InlineData("default", ProposalUse.Esp, "leave the list empty for the defaults")]
    [InlineData("aes256--sha256", ProposalUse.Esp, null)]
    [InlineData("aes256gmac-prfsha256-ecp384", ProposalUse.Ike, null)]
    public void Nonsense_is_refused_with_a_mend(string text, ProposalUse use, string? mend)
    {
        Assert.Null(ProposalParser.Parse(text, use, out var remarks));
        Assert.Contains(remarks, r => r.IsError && (mend is null || r.Mend == mend));
    }

    [Theory]
    [InlineData("des-sha256", ProposalUse.Esp, "des")]
    [InlineData("null-sha256", ProposalUse.Esp, "null")]
    [InlineData("aes256-md5", ProposalUse.Esp, "md5")]
    [InlineData("aes256-sha256-modp768", ProposalUse.Ike, "modp768")]
    [InlineData("aes256-sha256-modp1024s160", ProposalUse.Ike, "modp1024s160")]
    [InlineData("aes256gcm16-prfmd5-ecp384", ProposalUse.Ike, "prfmd5")]
    [InlineData("aes256gcm16-prfsha256-x25519-ke1_modp768", ProposalUse.Ike, "ke1_modp768")]
    public void The_broken_are_refused_by_name_with_the_mend(string text, ProposalUse use, string word)
    {
        Assert.Null(ProposalParser.Parse(text, use, out var remarks));
        var remark = Assert.Single(remarks, r => r.IsError);
        Assert.True(remark.IsWeak);
        Assert.StartsWith($"\"{word}\" is ", remark.Sentence, StringComparison.Ordinal);
        Assert.Matches("^use \"[a-z0-9_]+\"$", remark.Mend);
    }

    [Theory]
    [InlineData("3des-sha256", "3des")]
    [InlineData("aes128gmac", "aes128gmac")]
    [InlineData("aes256gmac-aes256gcm16", "aes256gmac")]
    [InlineData("aes256-sha1", "sha1")]
    [InlineData("aes256-sha256-modp1024", "modp1024")]
    [InlineData("aes256-sha256-modp2048s256", "modp2048s256")]
    public void The_weak_are_taken_with_a_remark(string text, string word)
    {
        Assert.NotNull(ProposalParser.Parse(text, ProposalUse.Esp, out var remarks));
        var remark = Assert.Single(remarks);
        Assert.True(remark is { IsError: false, IsWeak: true } && remark.Sentence.Contains($"\"{word}\"", StringComparison.Ordinal));
    }

    [Fact]
    public void What_to_use_instead_is_itself_sound()
    {
        foreach (var keyword in AlgorithmKeyword.All.Where(k => k.Standing != AlgorithmStanding.Sound))
        {
            Assert.NotNull(keyword.Why);
            Assert.Equal(AlgorithmStanding.Sound, AlgorithmKeyword.Find(keyword.Instead!)!.Standing);
        }
    }

    [Fact]
    public void Words_are_unique_and_the_preferred_one_leads_back()
    {
        Assert.Equal(AlgorithmKeyword.All.Length, AlgorithmKeyword.All.Select(k => k.Word).Distinct().Count());
        Assert.Equal("x25519", AlgorithmKeyword.WordFor(new(TransformKind.KeyExchange, 31)));
        Assert.Equal("aes256gcm16", AlgorithmKeyword.WordFor(new(TransformKind.Encryption, 20, 256)));
        Assert.Equal("sha1", AlgorithmKeyword.WordFor(new(TransformKind.Integrity, 2)));
        foreach (var keyword in AlgorithmKeyword.All) Assert.Equal(keyword.Transform, AlgorithmKeyword.Find(AlgorithmKeyword.WordFor(keyword.Transform)!)!.Transform);
    }

    [Fact]
    public void A_thousand_random_words_are_a_value_each()
    {
        var random = new Random(11);
        var words = AlgorithmKeyword.All.Select(k => k.Word).Concat(["", "!", "x", "ke8_none", new string('a', 600)]).ToArray();
        for (var i = 0; i < 1000; i++)
        {
            var text = string.Join('-', random.GetItems(words, random.Next(1, 6)));
            foreach (var use in Enum.GetValues<ProposalUse>())
            {
                var spec = ProposalParser.Parse(text, use, out var remarks);
                Assert.Equal(spec is null, remarks.Any(r => r.IsError));
            }
        }
    }
}
