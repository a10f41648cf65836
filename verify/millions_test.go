package verify_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/seeded"
	"github.com/valetkey/valetkey/verify"
)

// number is what the environment variable says, or the other one.
func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// A tally is what became of mutants.
type tally struct {
	same     int // that say what a good token says: accepted, as they must be
	refused  map[verify.Reason]int
	problems []string
}

// TestMillionsOfMutations changes good tokens once or several times over, and holds every mutant against their canonical form: one
// of the same form, which is the same name and parameters in whatever order, is a good token still and must be accepted; of all others
// none may be. VALETKEY_MUTATIONS says how many (50,000), VALETKEY_SEED from where.
func TestMillionsOfMutations(t *testing.T) {
	total, seed := number(t, "VALETKEY_MUTATIONS", 50_000), seeded.Seed(t)
	workers := uint64(runtime.GOMAXPROCS(0))
	tallies := make([]tally, workers)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range workers {
		share := total / workers
		if i < total%workers {
			share++
		}
		wg.Go(func() { tallies[i] = mangle(rand.New(rand.NewPCG(seed, i)), share) })
	}
	wg.Wait()
	took := time.Since(began)
	same, refused, reasons := 0, 0, map[verify.Reason]int{}
	for _, y := range tallies {
		same += y.same
		for r, n := range y.refused {
			reasons[r] += n
			refused += n
		}
		for _, p := range y.problems {
			t.Error(p)
		}
	}
	t.Logf("%d mutants in %v: %d refused, %d the same token in another order: %v", total, took.Round(time.Millisecond), refused, same, reasons)
	if total >= 50_000 && (reasons[verify.SignatureMismatch] < refused/50 || len(reasons) < 30 || same == 0) {
		t.Errorf("%d of %d got as far as the signature, for %d reasons they were refused, and %d were the same: too few to prove anything",
			reasons[verify.SignatureMismatch], refused, len(reasons), same)
	}
}

// mangle makes n mutants and has each verified.
func mangle(rng *rand.Rand, n uint64) tally {
	m := newMangler(rng)
	good, ways, y := map[string][]breed{}, manglings(), tally{refused: map[verify.Reason]int{}}
	for _, b := range m.herd {
		good[canonicalForm(b.token)] = append(good[canonicalForm(b.token)], b)
	}
	strict, lenient := verifier(), verifier()
	lenient.LenientResourceType = true
	for range n {
		m.base = pick(rng, m.herd)
		mutant := m.base.token
		for range 1 + rng.IntN(3)*rng.IntN(3) {
			mutant = pick(rng, ways)(m, mutant)
		}
		_, err := pick(rng, []*verify.Verifier{strict, lenient}).Verify(mutant, m.base.want)
		same := false
		for _, b := range good[canonicalForm(mutant)] {
			same = same || b.want == m.base.want
		}
		y.add(mutant, same, err)
	}
	return y
}

func (y *tally) add(mutant string, same bool, err error) {
	var r *verify.Refusal
	switch refused := errors.As(err, &r); {
	case err == nil && !same:
		y.problems = append(y.problems, "ACCEPTED "+strconv.Quote(mutant))
	case err != nil && (same || !refused):
		y.problems = append(y.problems, "not accepted ("+err.Error()+"): "+strconv.Quote(mutant))
	case same:
		y.same++
	default:
		y.refused[r.Reason]++
	}
}

// canonicalForm is what a token says: its name and its parameters, in their one encoding and in the order of their names.
func canonicalForm(token string) string {
	if !strings.Contains(token, "?") {
		return ""
	}
	return sorted(token)
}
