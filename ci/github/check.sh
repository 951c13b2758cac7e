#!/usr/bin/env bash
# What action.yml runs: installs kvlint from the action's own checkout, so that the version is the one the workflow
# names, and lints. Everything comes through the environment; nothing of it is evaluated.
set -euo pipefail

python=""
for name in python3 python; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "::error title=kvlint::kvlint needs Python 3.11 or newer: run actions/setup-python in a step before"
    exit 2
fi

venv="${RUNNER_TEMP:?}/kvlint"
if [ ! -x "$venv/bin/kvlint" ]; then
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${GITHUB_ACTION_PATH:?}"
fi

mapfile -t paths < <(printf '%s\n' "${KVLINT_PATHS:-.}" | sed '/^[[:space:]]*$/d')
read -r -d '' -a arguments < <(printf '%s\0' "${KVLINT_ARGS:-}") || true
if [ -n "${KVLINT_SARIF:-}" ]; then
    arguments+=(--output-file "sarif:$KVLINT_SARIF")
    echo "sarif=$KVLINT_SARIF" >>"${GITHUB_OUTPUT:?}"
fi
exec "$venv/bin/kvlint" check --output-format github "${arguments[@]}" -- "${paths[@]}"
