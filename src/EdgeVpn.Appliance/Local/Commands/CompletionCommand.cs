using System.CommandLine;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn completion bash|zsh</c>: scripts that ask this executable, which knows its commands and the daemon's connections.</summary>
internal static class CompletionCommand
{
    // The library's [suggest:POSITION] takes the line without the executable's name, and the position in it.
    private const string Bash = """
        # edgevpn's completion for bash: eval "$(edgevpn completion bash)"
        _edgevpn() {
          local line="${COMP_LINE#"${COMP_WORDS[0]}"}" skipped
          line="${line# }"
          skipped=$(( ${#COMP_LINE} - ${#line} ))
          mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$(( COMP_POINT - skipped ))]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")
        }
        complete -o default -F _edgevpn edgevpn

        """;

    private const string Zsh = """
        #compdef edgevpn
        # edgevpn's completion for zsh: source <(edgevpn completion zsh)
        _edgevpn() {
          local line="${BUFFER#"${words[1]}"}" skipped
          line="${line# }"
          skipped=$(( ${#BUFFER} - ${#line} ))
          local -a found
          found=("${(@f)$("${words[1]}" "[suggest:$(( CURSOR - skipped ))]" "$line" 2>/dev/null)}")
          if (( ${#found} )) && [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
        }
        compdef _edgevpn edgevpn

        """;

    public static Command Make(CommandContext context)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash or zsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new EdgeCommand("completion", "Print a shell's completion script.", "eval \"$(edgevpn completion bash)\"", "edgevpn completion zsh > ~/.zfunc/_edgevpn") { shell };
        command.SetAction(parsed => context.Terminal.Out.Write(parsed.GetRequiredValue(shell) == "zsh" ? Zsh : Bash));
        return command;
    }
}
