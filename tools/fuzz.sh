#!/usr/bin/env bash
# Runs each fuzz test of every module for FUZZTIME, one after another. They are discovered, not listed.
#   fuzz.sh [REGEXP]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh
ran=0
# Assignments, not loops over commands: a package that does not compile must end the run.
# shellcheck disable=SC2086 # packages is a list
tested=$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' $packages)
for package in $tested; do
	listed=$(go test -list '^Fuzz' "$package")
	for name in $(grep '^Fuzz' <<<"$listed" | grep -E -- "${1:-.}" || true); do
		echo "== $package $name for ${FUZZTIME:=2m}"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$FUZZTIME" "$package"
		ran=$((ran + 1))
	done
done
if [ "$ran" = 0 ]; then
	echo "fuzz: no fuzz test has this name" >&2
	exit 1
fi
echo "fuzz: $ran fuzz tests, no finding"
