#!/bin/sh
# Puts what a command needs into .venv, once for each lock: install.sh run | console | node | test
# Every failure ends with one sentence that says what to do.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv

say() { printf '%s\n' "$*" >&2; }
fail() { say "" ; say "$*"; exit 1; }

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"; return
        fi
    done
    fail "Teduh needs Python 3.11 or newer; this machine has $(python3 --version 2>/dev/null || echo none). Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)."
}

make_venv() {
    # The stamp comes last: a folder that was left half made is made anew.
    if [ -f $VENV/.made ] && $VENV/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    if $VENV/bin/python -m pip --version >/dev/null 2>&1 && $VENV/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        touch $VENV/.made; return
    fi
    python=$(find_python)
    say "Making a virtual environment with $("$python" --version) …"
    rm -rf $VENV
    if ! told=$("$python" -m venv $VENV 2>&1); then
        rm -rf $VENV
        say "$told"
        case $told in
            *"No space left"*) fail "The disk is full: free some space, then try again." ;;
            *) version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
               fail "Python can't make a virtual environment. Debian, Ubuntu: apt install python$version-venv; then try again." ;;
        esac
    fi
    touch $VENV/.made
}

# A command `teduh`, and this folder on the path: the program runs from where it stands.
link_program() {
    $VENV/bin/python - "$PWD" <<'PYTHON'
import sys, sysconfig
from pathlib import Path
root = Path(sys.argv[1])
(Path(sysconfig.get_paths()["purelib"]) / "teduh.pth").write_text(f"{root}\n")
script = Path(sys.executable).parent / "teduh"
script.write_text(f"#!{sys.executable}\nfrom bot.cli import main\n\nmain()\n")
script.chmod(0o755)
PYTHON
}

# install_lock NAME: the packages of requirements/NAME.txt, unless that very lock is in already
install_lock() {
    lock=requirements/$1.txt
    stamp=$VENV/.lock-$1
    if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then return; fi
    say "Installing $(grep -c '==' "$lock") packages of $lock …"
    if ! $VENV/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps -r "$lock" 2>$VENV/pip.err; then
        tail -5 $VENV/pip.err >&2
        if grep -qi 'no space left' $VENV/pip.err; then fail "The disk is full: free some space, then try again."; fi
        if grep -q 'DO NOT MATCH THE HASHES' $VENV/pip.err; then
            fail "A package is not the one that $lock names: what came over the network was changed or damaged. Nothing of it was installed."
        fi
        fail "The packages could not be installed. Check that this machine reaches a Python package index (see the lines above), then try again."
    fi
    cp "$lock" "$stamp"
}

console_stamp() { find console -path console/node_modules -prune -o -path console/dist -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum; }

install_node_packages() {
    install_lock build
    if [ -f console/node_modules/.lock ] && cmp -s console/package-lock.json console/node_modules/.lock; then return; fi
    say "Installing what builds the console …"
    sh scripts/npm.sh ci --no-audit --no-fund --loglevel=error ||
        fail "The console's packages could not be installed. Check that this machine reaches an npm registry, then try again."
    cp console/package-lock.json console/node_modules/.lock
}

build_console() {
    now=$(console_stamp)
    if [ -f console/dist/index.html ] && [ "$(cat console/dist/.stamp 2>/dev/null)" = "$now" ]; then return; fi
    install_node_packages
    say "Building the console …"
    sh scripts/npm.sh run --silent build || fail "The console could not be built; the lines above say why."
    console_stamp > console/dist/.stamp
}

# The one that the tests would start: the named one, an installed one, else Playwright's own.
find_chromium() {
    for name in "${TEDUH_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    $VENV/bin/python - <<'PYTHON'
import sys
from pathlib import Path
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not Path(playwright.chromium.executable_path).exists())
PYTHON
}

install_chromium() {
    if find_chromium; then return; fi
    say "Installing Chromium for the browser tests …"
    root="sudo -n"
    if [ "$(id -u)" = 0 ]; then root=""; fi
    if command -v apt-get >/dev/null 2>&1; then
        $root apt-get update -q >/dev/null 2>&1 || true
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium >/dev/null 2>&1 || true
    fi
    find_chromium || $VENV/bin/python -m playwright install chromium >/dev/null 2>&1 || true
    find_chromium || fail "The browser tests need Chromium: install it (Debian: apt install chromium), or name one in TEDUH_TEST_CHROMIUM."
}

make_venv
case ${1:-run} in
    run) install_lock run; link_program; build_console ;;
    console) build_console ;;
    node) install_node_packages ;;
    test) install_lock test; link_program; build_console; install_node_packages; install_chromium ;;
    *) fail "install.sh knows: run, console, node, test" ;;
esac
