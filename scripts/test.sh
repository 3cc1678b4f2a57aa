#!/bin/sh
# Everything that must hold: Python and TypeScript checks beside each other, then the tests. Each part says how it ended.
set -u
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=""

end() { # end NAME STATUS LOG
    if [ "$2" = 0 ]; then printf '  ok      %s\n' "$1"; else printf '  FAILED  %s\n' "$1"; cat "$3"; failed="$failed $1"; fi
}

(sh scripts/npm.sh run --silent check && sh scripts/npm.sh test --silent) >"$logs/console" 2>&1 &
console=$!

for part in "lint:ruff check ." "format:ruff format --check ." "types:mypy"; do
    name=${part%%:*}
    # shellcheck disable=SC2086
    .venv/bin/${part#*:} >"$logs/$name" 2>&1
    end "$name" $? "$logs/$name"
done

.venv/bin/python -m bot.cli flows check >"$logs/flows" 2>&1
end "flows" $? "$logs/flows"

wait "$console"
end "console (lint, types, tests)" $? "$logs/console"

.venv/bin/python -m pytest "$@"
status=$?
[ "$status" = 0 ] || failed="$failed tests"

if [ -n "$failed" ]; then
    printf '\nFailed:%s\n' "$failed"
    exit 1
fi
printf '\nAll of it holds.\n'
