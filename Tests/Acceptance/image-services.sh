#!/usr/bin/env bash
# Two image services of one cloud, as today's `glance` drives them: see image_services.py. MARTLET names the binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! .build/glanceclient/bin/python -c 'import glanceclient' 2>/dev/null; then
  python3 -m venv .build/glanceclient
  .build/glanceclient/bin/pip install -q python-glanceclient==4.13.0
fi
exec python3 Tests/Acceptance/image_services.py --binary "${MARTLET:-.build/release/martlet}" "$@"
