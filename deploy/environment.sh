#!/usr/bin/env bash
# Makes .venv from a lock: `environment.sh requirements/dev.txt`. What is missing is named with the
# command that installs it.
set -euo pipefail
lock=$1

python=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
  if command -v "$candidate" >/dev/null &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [[ -z $python ]]; then
  echo "Python 3.11 or later is missing. On Debian and Ubuntu: sudo apt install python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  echo "The module venv of Python $version is missing. On Debian and Ubuntu: sudo apt install python$version-venv" >&2
  exit 1
fi

echo "Python packages are fetched into .venv, exactly those of $lock (about 300 MB, once)"
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
