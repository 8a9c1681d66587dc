#!/usr/bin/env bash
# Fuzzes the requests of every service: first Schemathesis by the services' own documents, then fuzz.py with a
# hundred thousand requests of ours. MARTLET names the binary; what is said behind the name goes to fuzz.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${MARTLET:-.build/release/martlet}
python=${PYTHON:-.build/clients/bin/python}
"$python" Tests/FuzzRequests/schemas.py --binary "$binary"
"$python" Tests/FuzzRequests/fuzz.py --binary "$binary" "$@"
