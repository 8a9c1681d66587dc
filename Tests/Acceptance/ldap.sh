#!/usr/bin/env bash
# Users and groups of a domain in a genuine slapd, as today's client sees them: see ldap.py. MARTLET names the binary,
# CLIENTS the folder with the client. Where there is no slapd it is said to be skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
clients=${CLIENTS:-.build/clients/bin}
if ! [ -x /usr/sbin/slapd ]; then
  echo "skipped: no slapd; tools/setup.sh installs it"
  exit 0
fi
exec python3 Tests/Acceptance/ldap.py --clients "$clients" --binary "${MARTLET:-.build/release/martlet}" "$@"
