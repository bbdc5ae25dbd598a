System.Console.WriteLine("edgefleet");
