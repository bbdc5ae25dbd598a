using EdgeVpn.Fuzz.Targets;
using SharpFuzz;
using Xunit.Runner.InProc.SystemConsole;

namespace EdgeVpn.Fuzz;

/// <summary>Three ways to run: as tests over the kept corpus, under afl-fuzz for one target, and to write seeds.</summary>
internal static class Program
{
    private const string Usage = """
        EdgeVpn.Fuzz                         the kept corpus through every target, as tests (xunit's own options follow)
        EdgeVpn.Fuzz --target NAME           under afl-fuzz: one target, inputs from standard input
        EdgeVpn.Fuzz --seeds FOLDER          writes seeds for every target, from messages of real lives
        EdgeVpn.Fuzz --try NAME FILE...      runs these files through a target
        EdgeVpn.Fuzz --list                  the targets' names
        """;

    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["--target", var name] when Target.Find(name) is { } target:
                Fuzzer.OutOfProcess.Run(stream => target.Run(Input.ReadAll(stream)));
                return 0;
            case ["--seeds", var folder]:
                Seeds.Write(folder);
                return 0;
            case ["--try", var name, .. var files] when Target.Find(name) is { } target:
                foreach (var file in files)
                {
                    Console.WriteLine(file);
                    target.Run(File.ReadAllBytes(file));
                }

                return 0;
            case ["--list"]:
                foreach (var target in Target.All) Console.WriteLine(target.Name);
                return 0;
            case ["--target" or "--seeds" or "--try" or "--list" or "--help" or "-h", ..]:
                Console.Error.WriteLine(Usage);
                return 2;
            default:
                return ConsoleRunner.Run(arguments).GetAwaiter().GetResult();
        }
    }
}
