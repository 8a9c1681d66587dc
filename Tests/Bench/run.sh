#!/usr/bin/env bash
# What the cloud costs: start time from nothing and from an existing state, memory when idle, size, and requests a
# second with the CPU they take. Fakes are used, so that nothing but Martlet is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Tests/Bench/bench.py --binary .build/release/martlet "$@"
