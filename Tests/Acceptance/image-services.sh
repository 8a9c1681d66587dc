#!/usr/bin/env bash
# Two image services of one cloud, as today's `glance` drives them: see image_services.py. MARTLET names the binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Acceptance/glanceclient.sh
exec python3 Tests/Acceptance/image_services.py --binary "${MARTLET:-.build/release/martlet}" "$@"
