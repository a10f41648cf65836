#!/usr/bin/env bash
# Tests the libraries and the command with the race detector. Left out are the programs of examples/ and test/: GLIDE for Go, which they load,
# races with itself (GetOtelInstance, 2.5.3).
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh
if [ "$(go env CGO_ENABLED)" != 1 ]; then
	echo "race: the race detector needs a C compiler: install gcc" >&2
	exit 1
fi
# shellcheck disable=SC2086 # packages is a list
tested=$(go list $packages | grep -v -e /examples -e /test/)
# shellcheck disable=SC2086
go test -race -count=1 -p 1 -timeout 20m $tested
