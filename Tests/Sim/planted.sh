#!/usr/bin/env bash
# Proves that the simulation finds faults: each patch in Planted breaks a copy of the sources in one way, and says
# which promise a run must then report as broken.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=.build/planted
mkdir -p "$copy"
missed=0
for patch in "$PWD"/Tests/Sim/Planted/*.patch; do
  name=$(basename "$patch" .patch)
  finds=$(sed -n 's/^finds: //p' "$patch")
  rsync -a --delete --checksum --exclude .build Package.swift Sources Tests "$copy/"
  (cd "$copy" && patch -s -p1 < "$patch" && ${SWIFT:-swift} build -c release --product martlet-sim)
  if (cd "$copy" && .build/release/martlet-sim --runs "${RUNS:-1000}" --enough 3) > "$copy/$name.log"; then
    echo "$name: not found"
    missed=1
  elif grep -q "WRONG $finds" "$copy/$name.log"; then
    echo "$name: found: $(grep -m1 "WRONG $finds" "$copy/$name.log")"
    sed -n '/^the shortest trace/,$p' "$copy/$name.log" | sed 's/^/    /'
  else
    echo "$name: something is found, but not \"$finds\":"
    grep WRONG "$copy/$name.log" | head -3
    missed=1
  fi
done
exit $missed
