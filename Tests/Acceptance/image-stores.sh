#!/usr/bin/env bash
# Images in the genuine object storage, by Swift's API with the cloud's own tokens and by S3: see image_stores.py.
# MARTLET names the binary, CLIENTS the folder with today's clients.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 Tests/Acceptance/image_stores.py --binary "${MARTLET:-.build/release/martlet}" \
  --clients "${CLIENTS:-.build/clients/bin}" "$@"
