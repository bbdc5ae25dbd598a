System.Console.WriteLine("edgevpn");
