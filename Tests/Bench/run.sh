#!/usr/bin/env bash
# What the cloud costs beside upstream's recorded figures: bench.py on the release binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Tests/Bench/bench.py --binary .build/release/martlet "$@"
