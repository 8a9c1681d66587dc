#!/usr/bin/env bash
# Runs one of the files beside this one, with the release of Tempest that has its tests: tempest.sh identity.py
# [--smoke]. MARTLET names the binary, PORT_OFFSET the ports.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=$1; shift
case $file in
  # The last release that has the identity API v2.0 and the image API v1.
  identity_v2.py | image_v1.py) release=35.0.0; pins=('oslo.utils<7.1' 'setuptools<66') ;;
  *) release=47.0.0; pins=() ;;
esac
tempest=.build/tempest${release%%.*}
if ! "$tempest/bin/python" -c 'import tempest' 2>/dev/null; then
  python3 -m venv "$tempest"
  "$tempest/bin/pip" install -q "tempest==$release" "${pins[@]}"
fi
exec "$tempest/bin/python" "Tests/Tempest/$file" --binary "${MARTLET:-.build/release/martlet}" \
  ${PORT_OFFSET:+--offset "$PORT_OFFSET"} "$@"
