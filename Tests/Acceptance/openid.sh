#!/usr/bin/env bash
# Users of an OpenID Connect provider, as the genuine clients log them in: see openid.py. MARTLET names the binary,
# CLIENTS the folder with the clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
clients=${CLIENTS:-.build/clients/bin}
if ! "$clients/python" -c 'import cryptography' 2>/dev/null; then "$clients/pip" install -q cryptography; fi
exec "$clients/python" Tests/Acceptance/openid.py --binary "${MARTLET:-.build/release/martlet}" "$@"
