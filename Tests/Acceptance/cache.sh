#!/usr/bin/env bash
# The image cache, as today's `glance` and `openstack` drive it: see cache.py. MARTLET names the binary, CLIENTS the
# folder with today's clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! .build/glanceclient/bin/python -c 'import glanceclient' 2>/dev/null; then
  python3 -m venv .build/glanceclient
  .build/glanceclient/bin/pip install -q python-glanceclient==4.13.0
fi
exec python3 Tests/Acceptance/cache.py --binary "${MARTLET:-.build/release/martlet}" \
  --openstack "${CLIENTS:-.build/clients/bin}/openstack" "$@"
