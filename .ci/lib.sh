# shellcheck shell=bash
# What the scripts of this folder share: the repository as current folder, and steps whose time is written down.
# CI_TIMES names the file that the times go to; .ci/run sets it for all, a script that runs alone prints its own.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

if [ -z "${CI_TIMES:-}" ]; then
    CI_TIMES=$(mktemp)
    export CI_TIMES
    trap 'print_times; rm -f "$CI_TIMES"' EXIT
fi

# step COMMAND...: runs it, and writes down how long it took, also when it fails.
step() {
    local begin=$SECONDS status=0
    printf '\n==> %s\n' "$*"
    "$@" || status=$?
    printf '%d\t%d\t%s\n' "$((SECONDS - begin))" "$status" "$*" >>"$CI_TIMES"
    return "$status"
}

# A table of all steps: seconds, status, command. The longest commands are cut.
print_times() {
    [ -s "$CI_TIMES" ] || return 0
    printf '\n%8s  %-6s %s\n' seconds status step
    local seconds status name total=0
    while IFS=$'\t' read -r seconds status name; do
        printf '%8d  %-6s %s\n' "$seconds" "$([ "$status" = 0 ] && echo ok || echo "$status")" "${name:0:100}"
        total=$((total + seconds))
    done <"$CI_TIMES"
    printf '%8d  %-6s %s\n' "$total" '' total
}
