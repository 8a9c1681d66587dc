#!/usr/bin/env bash
# A cloud on the fakes, driven by the genuine clients: see acceptance.py. MARTLET names the binary, CLIENTS the folder
# with the clients' programs.
set -euo pipefail
cd "$(dirname "$0")/../.."
clients=${CLIENTS:-.build/clients/bin}
exec "$clients/python" Tests/Acceptance/acceptance.py --binary "${MARTLET:-.build/release/martlet}" --clients "$clients" "$@"
