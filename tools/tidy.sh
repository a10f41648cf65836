#!/usr/bin/env bash
# go mod tidy ignores go.work, so the project's own modules are replaced for its length and no longer:
# a module with a replace cannot be used by go install.
#   tidy.sh [MODULE_DIR...]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mapfile -t dirs < <(go list -m -f '{{.Dir}}')
mapfile -t paths < <(go list -m)

wanted=("$@")
[ $# -gt 0 ] || wanted=("${dirs[@]}")

drop() {
	for dir in "${wanted[@]}"; do
		for path in "${paths[@]}"; do
			(cd "$root" && cd "$dir" && GOWORK=off go mod edit -dropreplace "$path")
		done
	done
}
trap drop EXIT

for dir in "${wanted[@]}"; do
	cd "$root" && cd "$dir"
	self=$(GOWORK=off go list -m)
	for i in "${!paths[@]}"; do
		[ "${paths[i]}" = "$self" ] || GOWORK=off go mod edit -replace "${paths[i]}=${dirs[i]}"
	done
	GOWORK=off go mod tidy
done
if [ $# -eq 0 ]; then
	cd "$root/tools" && GOWORK=off go mod tidy
fi
