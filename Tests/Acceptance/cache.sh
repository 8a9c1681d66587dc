#!/usr/bin/env bash
# The image cache, as today's `glance` and `openstack` drive it: see cache.py. MARTLET names the binary, CLIENTS the
# folder with today's clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Acceptance/glanceclient.sh
exec python3 Tests/Acceptance/cache.py --binary "${MARTLET:-.build/release/martlet}" \
  --openstack "${CLIENTS:-.build/clients/bin}/openstack" "$@"
