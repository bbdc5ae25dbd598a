using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Simulation;

namespace EdgeVpn.Fuzz;

/// <summary>What a fuzzer starts from: the messages of a whole life, in clear and as a peer with keys could send them.</summary>
internal static class Seeds
{
    private const byte Deliver = 0x20;
    private const byte Forged = 0x06;
    private const byte ForgedFragment = 0x0f;
    private const byte Response = 0x40;
    private const byte FromResponder = 0x80;

    public static void Write(string folder)
    {
        var life = Life().ToList();
        foreach (var (message, inner, index) in life.Select(static (m, i) => (m.Message, m.Inner, i)))
        {
            _ = IkeHeader.TryRead(message, out var header);
            var fromResponder = header.IsFromOriginalInitiator ? (byte)0 : FromResponder;
            Write(folder, "stranger", index, [0x02, .. Input.Pieced(Misdirected(message, header))]);
            if (inner is not { } opened)
            {
                Write(folder, "message", index, message);
                continue;
            }

            var clear = new byte[IkeHeader.Size + opened.Octets.Length];
            (header with { NextPayload = opened.First, Length = (uint)clear.Length }).Write(clear);
            opened.Octets.CopyTo(clear.AsSpan(IkeHeader.Size));
            Write(folder, "message", index, clear);
            Write(folder, "peer", index,
            [
                header.IsResponse ? (byte)0x00 : (byte)(0x03 | Deliver), // an answer needs a question: a child rekey on its way
                (byte)(Forged | fromResponder | (header.IsResponse ? Response : 0)), (byte)header.Exchange, 0, (byte)opened.First, .. Input.Pieced(opened.Octets),
                Deliver | 0x02,
            ]);
            var (sender, half) = ((byte)(fromResponder | (header.IsResponse ? Response : 0)), opened.Octets.Length / 2);
            if (half == 0) continue;
            Write(folder, "peer", life.Count + index,
            [
                header.IsResponse ? (byte)0x00 : (byte)(0x03 | Deliver),
                (byte)(ForgedFragment | sender), (byte)header.Exchange, 0, 0, 2, 2, .. Input.Pieced(opened.Octets.AsSpan(half)),
                (byte)(ForgedFragment | sender), (byte)header.Exchange, 0, (byte)opened.First, 1, 2, .. Input.Pieced(opened.Octets.AsSpan(0, half)),
                Deliver | 0x02,
            ]);
        }

        Certificates(folder);
        Write(folder, "planted", 0, [0, 0, 0x40, 1, 0, 0, 0, 1]);
        Write(folder, "esp", 0, [.. Input.Pieced(Packet(64)), .. Input.Pieced(new byte[80]), .. Input.Pieced(Packet(1_400))]);
        Write(folder, "document", 0, """
            {"schema":1,"connections":[{"name":"hub","local":{"identity":"branch.lab","networks":["10.10.0.0/24"]},
            "remote":{"endpoints":[{"address":"203.0.113.2","identity":"cloud.lab"}],"networks":["10.20.0.0/24"]},
            "authentication":{"type":"psk","secret":"hub"},"ike":{"proposals":["aes256-sha256-modp1024"],"lifetime":"08:00:00"},
            "esp":{"proposals":["aes256gcm16"]},"dpd":{"timeout":"00:00:45"},"tunnel":{"interface":"evpn0","mtu":"auto"},
            "probes":[{"address":"10.20.0.10","kind":"icmp"}]}],"secrets":{"hub":{"psk":"Zq81Lkd72Mnb39Xc5TgY"}}}
            """u8);
    }

    /// <summary>To the SA that the target has up, and sealed with the keys of another.</summary>
    private static byte[] Misdirected(byte[] message, in IkeHeader header)
    {
        using var target = Pair.Connected(1);
        var sa = target.Initiator.Endpoint.Sas.Single();
        var copy = (byte[])message.Clone();
        if (header.ResponderSpi != 0) (header with { InitiatorSpi = sa.InitiatorSpi, ResponderSpi = sa.ResponderSpi }).Write(copy);
        return copy;
    }

    private static IEnumerable<(byte[] Message, (PayloadType First, byte[] Octets)? Inner)> Life()
    {
        var acts = new Action<Pair>[]
        {
            static p => p.Initiator.RekeyChildren(p.Now), static p => p.Responder.RekeyChildren(p.Now), static p => p.Initiator.RekeyIke(p.Now),
            static p => p.Responder.CheckLiveness(p.Now), static p => p.Initiator.Close(p.Now),
        };
        using var whole = Pair.Connected(2);
        foreach (var message in whole.ToResponder.Sent.Concat(whole.ToInitiator.Sent)) yield return (message, null);
        foreach (var act in acts)
        {
            using var pair = Pair.Connected(2);
            var senders = pair.Sides.Select(side => (Side: side, Sa: side.Endpoint.Sas.Single(), Link: pair.Leaving(side), pair.Leaving(side).Sent.Count)).ToList();
            var opened = new List<(byte[], (PayloadType, byte[])?)>();
            foreach (var (_, sa, link, _) in senders)
            {
                link.Tamper = datagram =>
                {
                    if (IkeHeader.TryRead(datagram, out var header) == WireError.None && header.InitiatorSpi == sa.InitiatorSpi) opened.Add((datagram, Forger.Open(sa, datagram)));
                    return datagram;
                };
            }

            act(pair);
            pair.Drive(5);
            foreach (var one in opened) yield return one;
        }
    }

    /// <summary>A good peer with every answer about it: as they are, and with each part left for the target to sign.</summary>
    private static void Certificates(string folder)
    {
        using var certificate = FuzzAuthority.Certificate();
        var (answer, list) = (FuzzAuthority.Good(certificate), FuzzAuthority.RevocationList());
        byte[] auth = [0];
        byte[] Chain(byte[] der) => [0, 0, (byte)((der.Length + 5) >> 8), (byte)(der.Length + 5), (byte)CertificateEncoding.X509Signature, .. der];
        byte[] With(byte choices, byte[] der, byte[] ocsp, byte[] crl) =>
            [choices, .. Input.Pieced(Chain(der)), .. Input.Pieced(auth), .. Input.Pieced(ocsp), .. Input.Pieced(crl)];
        var (whole, inner) = (certificate.RawData, FuzzAuthority.ToBeSigned(certificate.RawData));
        Write(folder, "certificate", 0, With(0x08, whole, FuzzAuthority.Answer(answer), list));
        Write(folder, "certificate", 1, With(0x09, inner, FuzzAuthority.Answer(answer), []));
        Write(folder, "certificate", 2, With(0x0a, whole, answer, []));
        Write(folder, "certificate", 3, With(0x0c, whole, [], FuzzAuthority.ToBeSigned(list)));
        Write(folder, "certificate", 4, With(0x00, whole, [], list));
    }

    private static byte[] Packet(int octets)
    {
        var packet = new byte[octets];
        (packet[0], packet[2], packet[3], packet[9]) = (0x45, (byte)(octets >> 8), (byte)octets, 17);
        return packet;
    }

    private static void Write(string folder, string target, int index, ReadOnlySpan<byte> octets)
    {
        var at = System.IO.Path.Combine(folder, target);
        Directory.CreateDirectory(at);
        File.WriteAllBytes(System.IO.Path.Combine(at, $"seed-{index:00}"), octets);
    }
}
