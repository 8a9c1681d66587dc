#!/usr/bin/env bash
# The image API v1, and v2, as the clients of 2013 and of today ask them: see glance2013.py. MARTLET names the binary,
# CLIENTS the folder with today's clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Acceptance/clients2013.sh
. Tests/Acceptance/glanceclient.sh
exec python3 Tests/Acceptance/glance2013.py --binary "${MARTLET:-.build/release/martlet}" --clients "$clients" "$@"
