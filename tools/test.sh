#!/usr/bin/env bash
# Tests every module of go.work and the tools. Ends with the tests that did not run and why.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh

if ! command -v valkey-server >/dev/null; then
	echo "valkey-server is not on PATH: the tests against a real server cannot run; they are listed at the end." >&2
fi

strict=
if [ "${CI:-}" = true ] || [ "${VALETKEY_REQUIRE_ALL:-}" = 1 ]; then
	strict=-strict
fi
events=$(mktemp)
trap 'rm -f "$events"' EXIT

# Nothing is taken from the cache (-count=1): it does not know of the pages, servers and programs that tests use
# outside of their modules.
(cd tools && GOWORK=off go test -count=1 ./...)

# One package at a time (-p 1): many of these tests hold scaled sessions against the clock, and machines are small.
# The limit is wide because the GLIDE tests live through many such sessions. gotestsum's own list of skips is off:
# testreport writes it, with one line each.
status=0
# shellcheck disable=SC2086 # packages is a list
bin/tools/gotestsum --format pkgname --format-hide-empty-pkg --hide-summary=skipped --jsonfile "$events" -- \
	-count=1 -p 1 -timeout 20m "$@" $packages || status=$?
bin/tools/testreport $strict "$events" || status=1
[ -z "${left_out:-}" ] || echo "$left_out"
exit "$status"
