# Shared by the scripts beside it; sourced, never run.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
cd "$ROOT"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

need_dotnet() {
  command -v dotnet >/dev/null || die "The .NET SDK 10 is not installed: https://learn.microsoft.com/dotnet/core/install/linux-debian"
}

# build [dotnet arguments]: quiet on success, the errors on failure
build() {
  local log; log=$(mktemp)
  if ! dotnet build "$@" -v q -nologo >"$log" 2>&1; then
    grep -E 'error|warning' "$log" | sort -u | head -40 >&2 || cat "$log" >&2
    rm -f "$log"; return 1
  fi
  rm -f "$log"
}

# is_stale EXECUTABLE: not there, or older than a source, a board, a project or a package version that it is made from
is_stale() { [ ! -x "$1" ] || [ -n "$(find src board Directory.*.props -newer "$1" -type f -not -name '*.md' -not -path '*/obj/*' -not -path '*/bin/*' -print -quit)" ]; }

# test_binary PROJECT [configuration]
test_binary() { printf 'tests/%s/bin/%s/net10.0/%s' "$1" "${2:-Debug}" "$1"; }
