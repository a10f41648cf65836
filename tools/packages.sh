# Sourced: sets packages to what can be built here. All modules of go.work; without a C compiler those
# that need cgo (they hold GLIDE, which is a native library) are left out, which is said and fails in CI.
if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC | cut -d' ' -f1)" >/dev/null; then
	packages=work
else
	packages='./... ./emulator/... ./cmd/valetkey/...'
	left_out="not run: glide, examples/glide and test/e2e, because there is no C compiler: install gcc"
	echo "$left_out" >&2
	if [ "${CI:-}" = true ]; then
		echo "CI=true: leaving modules out is a failure." >&2
		exit 1
	fi
fi
