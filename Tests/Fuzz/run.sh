#!/usr/bin/env bash
# Builds the fuzzer and runs its targets one after another: run.sh [SECONDS] [TARGET...]
# New inputs gather in .build/fuzz/corpus; an input that breaks a property lands in .build/fuzz/found, made small.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
swift=${SWIFT:-swift}

runtime=$(find -L "$(dirname "$(readlink -f "$(command -v "$swift")")")/../lib/clang" -name 'libclang_rt.fuzzer-*.a' 2>/dev/null)
if [ -z "$runtime" ]; then
  echo "This toolchain has no libFuzzer. Install Swift 6.3 for Linux from swift.org; \`make unit\` replays the corpus."
  exit 2
fi

# Both sanitizers in one flag, since the compiler heeds only the last of several; --sanitize=fuzzer besides, so that
# SwiftPM leaves `main` to libFuzzer.
MARTLET_FUZZ=1 "$swift" build -c release --product martlet-fuzz --scratch-path .build/fuzz \
  --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing || exit 1
program=.build/fuzz/release/martlet-fuzz
# Swift's own printer of crashes would take the signal from libFuzzer.
export SWIFT_BACKTRACE=enable=no
mkdir -p .build/fuzz/found .build/fuzz/log

list=$("$program")
for word in "$@"; do
  grep -q "^$word " <<<"$list" || { echo "There is no target $word; there are:" $(cut -d' ' -f1 <<<"$list"); exit 1; }
done
failed=()
while read -r name length; do
  [ $# -gt 0 ] && [[ " $* " != *" $name "* ]] && continue
  own=.build/fuzz/corpus/$name
  log=.build/fuzz/log/$name
  mkdir -p "$own"
  FUZZ_TARGET=$name "$program" "$own" "Tests/Fuzz/Corpus/$name" -max_total_time="$seconds" -max_len="$length" \
    -timeout=5 -rss_limit_mb=1024 -artifact_prefix=".build/fuzz/found/$name-" -print_final_stats=1 >"$log" 2>&1 || {
    failed+=("$name")
    echo "$name: a property does not hold; see $log and .build/fuzz/found"
    # libFuzzer's own minimiser, for half a minute.
    for input in $(sed -n 's/.*Test unit written to //p' "$log" | grep -E 'crash|oom|timeout'); do
      FUZZ_TARGET=$name "$program" -minimize_crash=1 -max_total_time=30 -exact_artifact_path="$input.small" "$input" \
        >/dev/null 2>&1 </dev/null
      [ -s "$input.small" ] && echo "  $input.small: $(wc -c <"$input.small") bytes"
    done
  }
  awk -v name="$name" '
    /cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1); else if ($i == "corp:") corp = $(i + 1) }
    /number_of_executed_units/ { runs = $2 }
    /average_exec_per_sec/ { rate = $2 }
    /peak_rss_mb/ { rss = $2 }
    END { printf "%-13s %10d executions, %6d/s, coverage %s, corpus %s, peak %s MB\n", name, runs, rate, cov, corp, rss }
  ' "$log"
done <<<"$list"
[ ${#failed[@]} -eq 0 ] || { echo "broken: ${failed[*]}"; exit 1; }
