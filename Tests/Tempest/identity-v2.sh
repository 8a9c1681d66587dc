#!/usr/bin/env bash
# Tempest's tests of the identity API v2.0 against a cloud on the fakes: see identity_v2.py. MARTLET names the binary,
# PORT_OFFSET the ports. Tempest 35 is the last that has all 97 of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
tempest=.build/tempest35
if ! "$tempest/bin/python" -c 'import tempest' 2>/dev/null; then
  python3 -m venv "$tempest"
  "$tempest/bin/pip" install -q tempest==35.0.0 'oslo.utils<7.1' 'setuptools<66'
fi
exec "$tempest/bin/python" Tests/Tempest/identity_v2.py --binary "${MARTLET:-.build/release/martlet}" \
  --offset "${PORT_OFFSET:-25000}" "$@"
