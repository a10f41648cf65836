package verify_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/valetkey/valetkey/verify"
)

// A pair is a parameter as it stands on the wire.
type pair struct{ name, value string }

// pairsOf takes a token apart, and joined puts it together again.
func pairsOf(token string) (name string, pairs []pair) {
	name, query, _ := strings.Cut(token, "?")
	for s := range strings.SplitSeq(query, "&") {
		n, v, _ := strings.Cut(s, "=")
		pairs = append(pairs, pair{n, v})
	}
	return name, pairs
}

func joined(name string, pairs []pair) string {
	var s []string
	for _, p := range pairs {
		s = append(s, p.name+"="+p.value)
	}
	return name + "?" + strings.Join(s, "&")
}

// swapValues exchanges the values of two parameters; the one that is checked first decides.
func swapValues(rng *rand.Rand, r recipe) mutant {
	first := []struct {
		name   string
		reason verify.Reason
	}{
		{"X-Amz-Algorithm", verify.WrongAlgorithm}, {"X-Amz-SignedHeaders", verify.WrongSignedHeaders}, {"Action", verify.WrongAction},
		{"User", verify.WrongUser}, {"ResourceType", verify.ResourceTypeWrong}, {"X-Amz-Credential", verify.ScopeMalformed},
		{"X-Amz-Date", verify.DateMalformed}, {"X-Amz-Expires", verify.ExpiresMalformed}, {"X-Amz-Security-Token", verify.SessionTokenWrong},
	}
	name, pairs := pairsOf(r.token())
	i := rng.IntN(len(pairs))
	j := (i + 1 + rng.IntN(len(pairs)-1)) % len(pairs)
	pairs[i].value, pairs[j].value = pairs[j].value, pairs[i].value
	for _, f := range first {
		if f.name == pairs[i].name || f.name == pairs[j].name {
			return mutated(joined(name, pairs), f.reason)
		}
	}
	panic("no such parameter")
}

func dropParameter(rng *rand.Rand, r recipe) mutant {
	name, pairs := pairsOf(r.token())
	i := rng.IntN(len(pairs))
	reason := verify.MissingParameter
	switch pairs[i].name {
	case "ResourceType":
		reason = verify.ResourceTypeMissing
	case "X-Amz-Security-Token":
		reason = verify.SessionTokenMissing
	}
	return mutated(joined(name, slices.Delete(pairs, i, i+1)), reason)
}

// doubleParameter repeats a parameter, anywhere, with the same value or another.
func doubleParameter(rng *rand.Rand, r recipe) mutant {
	name, pairs := pairsOf(r.token())
	again := pick(rng, pairs)
	again.value = pick(rng, []string{again.value, "", "other"})
	return mutated(joined(name, slices.Insert(pairs, rng.IntN(len(pairs)+1), again)), verify.DuplicateParameter)
}

// addParameter adds one after signing, or before.
func addParameter(rng *rand.Rand, r recipe) mutant {
	added := pick(rng, []pair{{"x-id", "1"}, {"X-Amz-User-Agent", "sdk"}, {"X-Amz-Content-Sha256", emptySHA256}, {"action", "connect"}, {"a", ""},
		{"ResourceType", "ServerlessCache"}, {"X-Amz-Security-Token", "x"}})
	reason := verify.UnknownParameter
	switch {
	case r.get(added.name) != "":
		reason = verify.DuplicateParameter
	case added.name == "ResourceType":
		reason = verify.ResourceTypeUnexpected
	case added.name == "X-Amz-Security-Token":
		reason = verify.SessionTokenUnexpected
	}
	if reason != verify.DuplicateParameter && rng.IntN(2) == 0 {
		return mutated(r.set(added.name, added.value).token(), reason)
	}
	name, pairs := pairsOf(r.token())
	return mutated(joined(name, slices.Insert(pairs, rng.IntN(len(pairs)+1), added)), reason)
}

// reencode writes one byte of a name or value in another way that means the same.
func reencode(rng *rand.Rand, r recipe) mutant {
	name, pairs := pairsOf(r.token())
	i := rng.IntN(len(pairs))
	part := &pairs[i].value
	if rng.IntN(4) == 0 {
		part = &pairs[i].name
	}
	v := *part
	if at := strings.IndexByte(v, '%'); at >= 0 && rng.IntN(2) == 0 {
		v = v[:at] + pick(rng, []string{strings.ToLower(v[at : at+3]), decodeOne(v[at : at+3])}) + v[at+3:]
	} else {
		at := rng.IntN(len(v))
		if v[at] == '%' || at > 0 && v[at-1] == '%' || at > 1 && v[at-2] == '%' {
			at = 0
		}
		v = v[:at] + fmt.Sprintf("%%%02X", v[at]) + v[at+1:]
	}
	*part = v
	return mutated(joined(name, pairs), verify.NotCanonical)
}

func decodeOne(escaped string) string {
	var c byte
	fmt.Sscanf(escaped, "%%%02X", &c)
	return string([]byte{c})
}

func changeAround(rng *rand.Rand, r recipe) mutant {
	token := r.token()
	return pick(rng, []mutant{
		mutated("https://"+token, verify.HasScheme),
		mutated("http://"+token, verify.HasScheme),
		mutated(" "+token, verify.WrongName),
		mutated(token+"\n", verify.NotCanonical),
		mutated(token+"\x00", verify.NotCanonical),
		mutated(token+"&", verify.Malformed),
		mutated(token+"#x", verify.NotCanonical),
		mutated(token+"%", verify.BadEncoding),
		mutated(strings.Replace(token, "/?", "?", 1), verify.WrongPath),
		mutated(strings.Replace(token, "/?", "//?", 1), verify.WrongPath),
		mutated(strings.Replace(token, "/?", ":6379/?", 1), verify.NameIsEndpoint),
		mutated(token+strings.Repeat("a", verify.MaxSize), verify.TooLong),
	})
}

// resigned is a token that is rightly signed for something else.
func resigned(rng *rand.Rand, r recipe) mutant {
	other := func(change func(*recipe), reason verify.Reason) mutant { change(&r); return mutated(r.token(), reason) }
	set := func(name, value string, reason verify.Reason) mutant {
		return mutated(r.set(name, value).token(), reason)
	}
	kinds := []func() mutant{
		func() mutant { return other(func(r *recipe) { r.region = "us-east-1" }, verify.WrongRegion) },
		func() mutant { return other(func(r *recipe) { r.service = "s3" }, verify.WrongService) },
		func() mutant { return other(func(r *recipe) { r.end = "aws5_request" }, verify.WrongTerminator) },
		func() mutant { return other(func(r *recipe) { r.name = "another-cache" }, verify.WrongName) },
		func() mutant { return other(func(r *recipe) { r.name = strings.ToUpper(r.name) }, verify.NameCase) },
		func() mutant { return other(func(r *recipe) { r.day = "20241231" }, verify.WrongScopeDate) },
		func() mutant { return other(func(r *recipe) { r.key = "nobody" }, verify.UnknownKey) },
		func() mutant { return other(func(r *recipe) { r.key = "revokedAccessKeyId" }, verify.RevokedKey) },
		func() mutant { return other(func(r *recipe) { r.key = "ASIAENDED" }, verify.CredentialsExpired) },
		func() mutant { return set("User", "admin", verify.WrongUser) },
		func() mutant { return set("User", strings.ToUpper(r.get("User")), verify.UserCase) },
		func() mutant { return set("Action", "delete", verify.WrongAction) },
		func() mutant {
			return set("X-Amz-Expires", pick(rng, []string{"901", "0", "604800"}), verify.ExpiresOutOfRange)
		},
		func() mutant { return set("X-Amz-Expires", pick(rng, []string{"1", "9", "10"}), verify.Expired) },
		func() mutant {
			return set("X-Amz-Expires", pick(rng, []string{"0900", "", "1e2", "900.0"}), verify.ExpiresMalformed)
		},
		func() mutant { return mutated(r.at(now.Add(-time.Hour)).token(), verify.Expired) },
		func() mutant { return mutated(r.at(now.Add(time.Hour)).token(), verify.FromFuture) },
	}
	return pick(rng, kinds)()
}

// unsigned changes a value to another good one and leaves the signature as it was.
func unsigned(rng *rand.Rand, r recipe) mutant {
	token := r.token()
	replace := func(old, new string, reason verify.Reason) mutant {
		return mutated(strings.Replace(token, old, new, 1), reason)
	}
	return pick(rng, []mutant{
		replace("X-Amz-Expires=900", "X-Amz-Expires=899", verify.SignatureMismatch),
		replace("T000000Z", "T000001Z", verify.SignatureMismatch),
		replace("20250101T", "20250102T", verify.WrongScopeDate),
		replace(r.region, "eu-central-1", verify.WrongRegion),
		replace(r.service, "dynamodb", verify.WrongService),
		replace(r.name, "another-cache", verify.WrongName),
		replace("User="+r.get("User"), "User=another", verify.WrongUser),
		replace(r.key, "nobody", verify.UnknownKey),
	})
}

func otherSignature(rng *rand.Rand, r recipe) mutant {
	token := r.token()
	before, good := token[:len(token)-64], token[len(token)-64:]
	other := r
	switch rng.IntN(5) {
	case 0:
		other.secret = "otherSecretKey"
		return mutated(other.token(), verify.SignatureMismatch)
	case 1:
		other.payload = "UNSIGNED-PAYLOAD"
		return mutated(other.token(), verify.SignatureMismatch)
	case 2:
		return mutated(before+strings.ToUpper(good), verify.SignatureMalformed)
	case 3:
		return mutated(before+pick(rng, []string{"", good[:32], good + "00", strings.Repeat("g", 64)}), verify.SignatureMalformed)
	}
	return mutated(fmt.Sprintf("%s%016x%s", before, rng.Uint64(), good[16:]), verify.SignatureMismatch)
}
