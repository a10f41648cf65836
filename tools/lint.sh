#!/usr/bin/env bash
# gofmt, go vet, staticcheck and the project's own budgets. Runs all of them before it fails.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh
status=0

unformatted=$(git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'gofmt -w %s\n' $unformatted
	status=1
fi
# shellcheck disable=SC2086 # packages is a list
go vet $packages || status=1
# shellcheck disable=SC2086
bin/tools/staticcheck $packages || status=1
GOWORK=off go vet ./... || status=1 # the root module needs no other of the project's, in its tests neither
(cd tools && GOWORK=off go vet ./... && GOWORK=off ../bin/tools/staticcheck ./...) || status=1
bin/tools/style . || status=1
exit "$status"
