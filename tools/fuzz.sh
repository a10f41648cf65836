#!/usr/bin/env bash
# Runs each fuzz test of every module for FUZZTIME, one after another. They are discovered, not listed.
#   fuzz.sh [REGEXP]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh
ran=0
# shellcheck disable=SC2086 # packages is a list
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' $packages); do
	for name in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' | grep -E -- "${1:-.}" || true); do
		echo "== $package $name for ${FUZZTIME:=2m}"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$FUZZTIME" "$package"
		ran=$((ran + 1))
	done
done
echo "fuzz: $ran fuzz tests, no finding"
[ "$ran" -gt 0 ]
