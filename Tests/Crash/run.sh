#!/usr/bin/env bash
# Kills the cloud with kill -9 at random moments while it works, and counts what is left: see crash.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Tests/Crash/crash.py --binary .build/release/martlet "$@"
