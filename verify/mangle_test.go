package verify_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/valetkey/valetkey/verify"
)

// A breed is a good token and what it is good for.
type breed struct {
	recipe
	token string
	want  verify.Want
}

// breeds are good tokens of several caches, users, keys, dates and lives.
func breeds() (all []breed) {
	for _, r := range []recipe{golden(), golden().temporary(), serverless(), memorydb()} {
		for _, user := range []string{r.get("User"), "app", "k-s_1.x"} {
			for _, at := range []time.Time{signedAt, signedAt.Add(7 * time.Second)} {
				for _, life := range []string{"900", "60"} {
					r := r.at(at).set("User", user).set("X-Amz-Expires", life)
					all = append(all, breed{r, r.token(), r.want()})
				}
			}
		}
	}
	return all
}

// A mangler changes tokens in ways that know how they are made.
type mangler struct {
	*rand.Rand
	herd []breed
	base breed // the one that is being changed

	lookalikes *strings.Replacer
}

func newMangler(rng *rand.Rand) *mangler {
	return &mangler{Rand: rng, herd: breeds(), lookalikes: strings.NewReplacer("K", "\u212a", "k", "\u212a", "s", "\u017f", "S", "\u017f",
		"a", "\u0430", "e", "\u0435", "o", "\u043e", "-", "\u2010", "/", "\u2215", "=", "\uff1d", "&", "\uff06", "?", "\uff1f", "%", "\uff05",
		"1", "\u0661", "0", "\uff10")}
}

func (m *mangler) at(s string) int { return m.IntN(max(len(s), 1)) }

// manglings are all ways. Each takes what the one before has left.
func manglings() []func(*mangler, string) string {
	return []func(*mangler, string) string{
		(*mangler).flip, (*mangler).flip, (*mangler).other, (*mangler).other, (*mangler).put, (*mangler).take, (*mangler).swap, (*mangler).repeat,
		(*mangler).truncate, (*mangler).changeCase, (*mangler).encode, (*mangler).decode, (*mangler).unicode, (*mangler).separator,
		(*mangler).drop, (*mangler).double, (*mangler).insert, (*mangler).rename, (*mangler).exchange, (*mangler).reorder, (*mangler).count,
		(*mangler).wrap, (*mangler).spliceBytes, (*mangler).splicePairs, (*mangler).splicePairs, (*mangler).sign, (*mangler).misuse, (*mangler).signature,
	}
}

func cutOut(s string, i, j int, with string) string { return s[:i] + with + s[j:] }

// flip flips one bit.
func (m *mangler) flip(s string) string {
	if s == "" {
		return s
	}
	i := m.at(s)
	return cutOut(s, i, i+1, string([]byte{s[i] ^ 1<<m.IntN(8)}))
}

// other puts another character of a token's own in a place.
func (m *mangler) other(s string) string {
	if s == "" {
		return s
	}
	i := m.at(s)
	return cutOut(s, i, i+1, string(pick(m.Rand, []byte("0123456789abcdefABCDEFxyzXYZ-_.~%&=/?"))))
}

func (m *mangler) put(s string) string {
	i := m.at(s)
	return cutOut(s, i, i, pick(m.Rand, []string{"\x00", "\n", " ", "%00", "%20", "+", "a", "0", "&", "=", "?", "/", "#", "%", "&&", "\xff", "\t", ";"}))
}

func (m *mangler) take(s string) string {
	i := m.at(s)
	return cutOut(s, i, min(len(s), i+1+m.IntN(4)), "")
}

func (m *mangler) swap(s string) string {
	if s == "" {
		return s
	}
	b := []byte(s)
	i, j := m.at(s), m.at(s)
	b[i], b[j] = b[j], b[i]
	return string(b)
}

// repeat doubles a stretch.
func (m *mangler) repeat(s string) string {
	i := m.at(s)
	j := min(len(s), i+1+m.IntN(80))
	return s[:j] + s[i:]
}

func (m *mangler) truncate(s string) string {
	if i := m.at(s); m.IntN(2) == 0 {
		return s[:i]
	} else {
		return s[i:]
	}
}

// changeCase changes the case of a letter, a stretch or everything.
func (m *mangler) changeCase(s string) string {
	i := m.at(s)
	j := min(len(s), i+pick(m.Rand, []int{1, 1, 1, 8, 64, len(s)}))
	change := pick(m.Rand, []func(string) string{strings.ToUpper, strings.ToLower})
	return cutOut(s, i, j, change(s[i:j]))
}

// encode writes a byte as its escape.
func (m *mangler) encode(s string) string {
	if s == "" {
		return s
	}
	i := m.at(s)
	return cutOut(s, i, i+1, fmt.Sprintf(pick(m.Rand, []string{"%%%02X", "%%%02x", "%%25%02X", "%%u00%02X", "\\x%02x", "&#%d;"}), s[i]))
}

// decode writes an escape as its byte, or in lower case, or with a + for it.
func (m *mangler) decode(s string) string {
	i := strings.Index(s, "%")
	for n := m.IntN(4); n > 0 && i >= 0; n-- {
		if next := strings.Index(s[i+1:], "%"); next >= 0 {
			i += 1 + next
		}
	}
	if i < 0 || i+3 > len(s) {
		return s
	}
	return cutOut(s, i, i+3, pick(m.Rand, []string{decodeOne(s[i : i+3]), strings.ToLower(s[i : i+3]), "+", "/", "%25" + s[i+1:i+3]}))
}

// unicode puts a character in place of one that it looks like, or is folded to.
func (m *mangler) unicode(s string) string {
	i := m.at(s)
	j := min(len(s), i+1+m.IntN(3))
	if m.IntN(4) == 0 {
		return cutOut(s, i, i, pick(m.Rand, []string{"\u200b", "\u0301", "\ufeff", "\u00ad", "%E2%80%8B", "\xc0\xaf", "\xed\xa0\x80"}))
	}
	return cutOut(s, i, j, m.lookalikes.Replace(s[i:j]))
}

// separator writes one of the characters that hold a token together as another.
func (m *mangler) separator(s string) string {
	marks := "&=?/"
	i := strings.IndexAny(s, marks)
	for n := m.IntN(20); n > 0 && i >= 0; n-- {
		if next := strings.IndexAny(s[i+1:], marks); next >= 0 {
			i += 1 + next
		}
	}
	if i < 0 {
		return s
	}
	return cutOut(s, i, i+1, pick(m.Rand, []string{";", "&", "=", "?", "/", "&amp;", "==", "%26", "%3D", "%3F", "%2F", "//", "?&", "&&", ","}))
}

// onPairs changes the parameters, of which there is at least one.
func onPairs(s string, change func(pairs []pair) []pair) string {
	name, pairs := pairsOf(s)
	return joined(name, change(pairs))
}

func (m *mangler) drop(s string) string {
	return onPairs(s, func(p []pair) []pair { i := m.IntN(len(p)); return slices.Delete(p, i, i+1) })
}

func (m *mangler) double(s string) string {
	return onPairs(s, func(p []pair) []pair {
		again := pick(m.Rand, p)
		again.value = pick(m.Rand, []string{again.value, again.value, "", again.value + "0", strings.ToLower(again.value)})
		return slices.Insert(p, m.IntN(len(p)+1), again)
	})
}

func (m *mangler) insert(s string) string {
	return onPairs(s, func(p []pair) []pair {
		return slices.Insert(p, m.IntN(len(p)+1), pick(m.Rand, []pair{{"x-id", "1"}, {"ResourceType", "ServerlessCache"}, {"X-Amz-Security-Token", "x"},
			{"X-Amz-Content-Sha256", emptySHA256}, {"user", "admin"}, {"User", "admin"}, {"Action", "connect"}, {"", ""}, {"a", ""}, {"X-Amz-Expires", "900"}}))
	})
}

func (m *mangler) rename(s string) string {
	return onPairs(s, func(p []pair) []pair {
		i := m.IntN(len(p))
		p[i].name = pick(m.Rand, []string{strings.ToLower(p[i].name), strings.ToUpper(p[i].name), p[i].name + "%20", "x-" + p[i].name, p[m.IntN(len(p))].name})
		return p
	})
}

// exchange swaps two values.
func (m *mangler) exchange(s string) string {
	return onPairs(s, func(p []pair) []pair {
		i, j := m.IntN(len(p)), m.IntN(len(p))
		p[i].value, p[j].value = p[j].value, p[i].value
		return p
	})
}

// reorder is the one way that leaves a token what it is.
func (m *mangler) reorder(s string) string {
	return onPairs(s, func(p []pair) []pair { m.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] }); return p })
}

// count adds to a digit.
func (m *mangler) count(s string) string {
	i := strings.IndexAny(s[m.at(s):], "0123456789")
	if i < 0 {
		return s
	}
	i = strings.LastIndexAny(s, "0123456789") - m.IntN(len(s))
	if i < 0 || s[i] < '0' || s[i] > '9' {
		return s
	}
	return cutOut(s, i, i+1, fmt.Sprint((int(s[i]-'0')+1+m.IntN(8))%10))
}

// wrap puts something around the token or its name.
func (m *mangler) wrap(s string) string {
	name, rest, _ := strings.Cut(s, "/?")
	return pick(m.Rand, []string{"https://" + s, "http://" + s, "//" + s, " " + s, s + "\r\n", s + "&", s + "#", "\"" + s + "\"", name + ":6379/?" + rest,
		name + ".xxxxxx.euw1.cache.amazonaws.com/?" + rest, name + "./?" + rest, strings.ToUpper(name) + "/?" + rest, "x@" + s, name + "?" + rest, name + "/x/?" + rest, "/?" + rest})
}

// spliceBytes continues the token with another good one.
func (m *mangler) spliceBytes(s string) string {
	with := pick(m.Rand, m.herd).token
	return s[:m.at(s)] + with[m.at(with):]
}

// splicePairs takes some parameters, or the name, of another good token.
func (m *mangler) splicePairs(s string) string {
	name, pairs := pairsOf(pick(m.Rand, m.herd).token)
	return onPairs(s, func(p []pair) []pair {
		for range 1 + m.IntN(4) {
			from := pick(m.Rand, pairs)
			for i := range p {
				if p[i].name == from.name {
					p[i].value = from.value
				}
			}
		}
		if m.IntN(8) == 0 {
			p[len(p)-1].value += "&" + strings.TrimSuffix(name, "/")
		}
		return p
	})
}

// sign signs the base anew, changed, with a key that is not the one it names, or for something that it is not good for.
func (m *mangler) sign(string) string {
	r := m.base.recipe
	switch m.IntN(6) {
	case 0:
		r.secret += "x"
	case 1:
		r.secret = pick(m.Rand, []string{"otherSecretKey", "", sessionToken, longKey, tempKey})
	case 2:
		r.payload = pick(m.Rand, []string{"UNSIGNED-PAYLOAD", "", strings.ToUpper(emptySHA256)})
	case 3:
		r.name += pick(m.Rand, []string{"x", ".", "-001"})
	case 4:
		r = r.set("User", r.get("User")+pick(m.Rand, []string{" ", "x", "\x00", "\u212a"}))
	default:
		r.region, r.service, r.end = pick(m.Rand, []string{"us-east-1", ""}), pick(m.Rand, []string{r.service, "iam"}), pick(m.Rand, []string{r.end, "aws4"})
	}
	return r.token()
}

// misuse signs something else with the right key.
func (m *mangler) misuse(string) string {
	r := m.base.recipe
	switch m.IntN(8) {
	case 0:
		r = r.set("User", pick(m.Rand, []string{strings.ToUpper(r.get("User")), "admin", "", "default"}))
	case 1:
		r.name = pick(m.Rand, []string{strings.ToUpper(r.name), "another-cache", r.name + ".cache.amazonaws.com", ""})
	case 2:
		r.key = pick(m.Rand, []string{"nobody", "revokedAccessKeyId", "ASIAENDED", "secretlessKeyId", "otherAccessKeyId", ""})
	case 3:
		r.day = pick(m.Rand, []string{"20241231", "20250102", "", "2025011"})
	case 4:
		r = r.set("X-Amz-Expires", pick(m.Rand, []string{"901", "0", "1", "-1", "0900", "9e2", "900.0", "", "604800", "99999999999999999999", "-"}))
	case 5:
		r = r.at(now.Add(pick(m.Rand, []time.Duration{-time.Hour, -15 * time.Minute, 6 * time.Minute, 24 * time.Hour})))
	case 6:
		r = r.set(pick(m.Rand, []string{"Action", "X-Amz-Algorithm", "X-Amz-SignedHeaders"}), pick(m.Rand, []string{"", "-", "Connect", "aws4-hmac-sha256", "host;x"}))
	default:
		r = r.set(pick(m.Rand, []string{"x-id", "X-Amz-Content-Sha256", "user"}), "x")
	}
	return r.token()
}

// signature changes the signature, and nothing else.
func (m *mangler) signature(s string) string {
	i := strings.LastIndex(s, "X-Amz-Signature=")
	if i < 0 {
		return s
	}
	i += len("X-Amz-Signature=")
	return s[:i] + pick(m.Rand, []string{fmt.Sprintf("%016x%016x%016x%016x", m.Uint64(), m.Uint64(), m.Uint64(), m.Uint64()), strings.Repeat("0", 64),
		m.flip(s[i:]), m.swap(s[i:]), strings.ToUpper(s[i:]), ""})
}
