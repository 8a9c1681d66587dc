#!/usr/bin/env bash
# The identity API v2.0 as the clients of 2013 and of today ask it: see keystone2013.py. MARTLET names the binary,
# CLIENTS the folder with today's clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Acceptance/clients2013.sh
if ! .build/mitaka/bin/python -c 'import keystoneclient' 2>/dev/null; then
  python3 -m venv .build/mitaka
  .build/mitaka/bin/pip install -q -r "$pins/mitaka.txt"
fi
exec "$clients/python" Tests/Acceptance/keystone2013.py --binary "${MARTLET:-.build/release/martlet}" "$@"
