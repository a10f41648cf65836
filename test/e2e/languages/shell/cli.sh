#!/usr/bin/env bash
# valkey-cli and redis-cli (hiredis): cli.sh valkey-cli|redis-cli. Commands go to one that is kept open, everything that valkey-cli has an
# option for (--pipe, --scan, --eval, -x) to one of its own, and the subscriber and the blocked one are two more.
set -uo pipefail
cli=$(command -v "$1") || exit 127
name=$1
key() { echo "$PREFIX$1"; }

options=(-h "$HOST" -p "$PORT")
[ -z "${PASSWORD:-}" ] || options+=(--no-auth-warning -a "$PASSWORD")
[ -z "${USERNAME:-}" ] || options+=(--user "$USERNAME")
[ "${PROTOCOL:-}" != 3 ] || options+=(-3)
cli() { "$cli" "${options[@]}" "$@"; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
commands=0 errors=0 rounds=0 first=

fail() {
	errors=$((errors + 1))
	first=${first:-$*}
}

check() { # WHAT GOT WANT
	commands=$((commands + 1))
	[ "$2" = "$3" ] || fail "$1: got ${2:0:200}, want ${3:0:200}"
}

# ask sends a command to the open one and reads so many lines of reply.
ask() { # LINES COMMAND
	local line i
	reply=
	echo "$2" >&"${open[1]}"
	for ((i = 0; i < $1; i++)); do
		IFS= read -r -t 20 line <&"${open[0]}" || fail "$2: no reply"
		reply+=${reply:+ }$line
	done
}

round() {
	local n=$1 i want
	ask 1 "SET $(key string) value-$n"; check SET "$reply" OK
	ask 1 "GET $(key string)"; check GET "$reply" "value-$n"
	ask 1 "INCR $(key counter)"; check INCR "$reply" "$n"
	for i in 1 2 3 4 5; do echo "INCR $(key pipeline)"; done >&"${open[1]}" # does not wait for replies
	for i in 1 2 3 4 5; do
		IFS= read -r -t 20 want <&"${open[0]}"
		check pipeline "$want" $((5 * n - 5 + i))
	done
	ask 1 MULTI; check MULTI "$reply" OK
	ask 1 "INCR $(key multi)"; check "INCR in MULTI" "$reply" QUEUED
	ask 1 "GET $(key string)"; check "GET in MULTI" "$reply" QUEUED
	ask 2 EXEC; check EXEC "$reply" "$n value-$n"
	ask 3 "EVAL \"return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}\" 1 $(key lua) $n"; check EVAL "$reply" "$(key lua) $n $n"
	ask 1 "PUBLISH $(key channel) $n"; check PUBLISH "$reply" 1
	[ $((n % 40)) -ge 30 ] || { ask 1 "RPUSH $(key list) $((++pushed))"; check RPUSH "$([ "$reply" -ge 1 ] && echo yes)" yes; }
}

# sometimes does what takes a process for each.
sometimes() {
	local n=$1 sum
	check --scan "$(cli --scan --pattern "$(key 'scan:*')" | sort -u | md5sum)" "$keys"
	head -c $(((1 << 20) + n)) /dev/urandom | base64 -w 0 >"$dir/big"
	check "SET -x" "$(cli -x SET "$(key big)" <"$dir/big")" OK
	cli GET "$(key big)" | tr -d '\n' | cmp -s - "$dir/big"
	check "GET big" $? 0
	check --pipe "$(printf 'INCR %s\r\n' "$(key piped)" "$(key piped)" | cli --pipe 2>&1 | tail -n 1)" "errors: 0, replies: 2"
	check --eval "$(cli --eval <(echo "return ARGV[1] .. KEYS[1]") a , b)" ba
}

# tally counts the numbers from 1 to N that are missing in a file, and those that are there again or out of order.
tally() { awk -v n="$2" '/^[0-9]+$/ { $1 += 0; if ($1 in seen) d++; seen[$1] = 1; if ($1 < last) d++; last = $1 } END { for (i = 1; i <= n; i++) if (!(i in seen)) l++; print l + 0, d + 0 }' "$1"; }

pushed=0
coproc open { cli; }
"$cli" "${options[@]}" SUBSCRIBE "$(key channel)" >"$dir/messages" &
subscriber=$!
"$cli" "${options[@]}" -r -1 BLPOP "$(key list)" 1 >"$dir/elements" &
consumer=$!
until ask 1 "PUBLISH $(key channel) ready" && [ "$reply" = 1 ]; do sleep 0.05; done
for i in {0..24}; do ask 1 "SET $(key scan:$i) x"; check SET "$reply" OK; done
keys=$(for i in {0..24}; do key "scan:$i"; done | sort -u | md5sum)
until [ "$SECONDS" -ge "$DURATION" ]; do
	round $((++rounds))
	[ $((rounds % 20)) -ne 1 ] || sometimes "$rounds"
	sleep 0.05
done
ask 1 "PUBLISH $(key channel) end"
ask 1 "RPUSH $(key list) end"
for _ in {1..100}; do
	[ "$(tail -n 1 "$dir/messages") $(tail -n 1 "$dir/elements")" != "end end" ] || break
	sleep 0.1
done
kill "$subscriber" "$consumer"
sed -i 1,3d "$dir/messages" # the answer to SUBSCRIBE
read -r lost doubled < <(tally "$dir/messages" "$rounds")
read -r lost2 doubled2 < <(tally "$dir/elements" "$pushed")
first=${first//[^[:alnum:][:space:]:,.\'()-]/ }
printf '{"client":"%s","version":"%s","commands":%d,"rounds":%d,"messages":%d,"errors":%d,"lost":%d,"doubled":%d,"first":"%s"}\n' \
	"$name" "$("$cli" --version | cut -d' ' -f2)" "$commands" "$rounds" $((rounds + pushed)) "$errors" $((lost + lost2)) $((doubled + doubled2)) "$first"
