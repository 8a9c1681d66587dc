#!/usr/bin/env bash
# Tempest's identity tests against a cloud on the fakes: see identity.py. MARTLET names the binary, PORT_OFFSET the
# ports. `--smoke` runs the smoke tests alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
tempest=.build/tempest47
if ! "$tempest/bin/python" -c 'import tempest' 2>/dev/null; then
  python3 -m venv "$tempest"
  "$tempest/bin/pip" install -q tempest==47.0.0
fi
exec "$tempest/bin/python" Tests/Tempest/identity.py --binary "${MARTLET:-.build/release/martlet}" \
  --offset "${PORT_OFFSET:-24000}" "$@"
