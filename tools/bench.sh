#!/usr/bin/env bash
# Runs the benchmarks of every module and summarises them with benchstat; the raw output stays in
# bin/bench.txt, and an earlier copy of it can be compared with. Unless BENCH chooses some, test/bench follows: a Conn beside
# a plain TLS connection, the sidecar beside haproxy, the emulator's AUTH beside valkey-server's, in bin/performance.md.
#   bench.sh [OLD]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh
mkdir -p bin
# shellcheck disable=SC2086 # packages is a list
go test -run '^$' -bench "${BENCH:-.}" -benchmem -count "${COUNT:-6}" $packages | tee bin/bench.txt
bin/tools/benchstat ${1:+"$1"} bin/bench.txt
if [ "${BENCH:-.}" = . ]; then
	go run ./test/bench | tee bin/performance.md
fi
