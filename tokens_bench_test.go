package valetkey

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// hitSources are the sources whose kept tokens must cost nothing.
func hitSources() map[string]Source {
	token := NewToken("app", "secret", time.Time{})
	return map[string]Source{
		"cached credentials": Reuse(&Signer{Target: valid, Credentials: aws.NewCredentialsCache(staticCreds)}, time.Hour),
		"any source":         Reuse(source(func(context.Context) (Token, error) { return token, nil }), time.Hour),
	}
}

func TestReuseHitDoesNotAllocate(t *testing.T) {
	for name, s := range hitSources() {
		mustToken(t, s)
		if n := testing.AllocsPerRun(1000, func() { mustToken(t, s) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkReuseHit(b *testing.B) {
	for name, s := range hitSources() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Token(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSigner(b *testing.B) {
	s, err := NewSigner(valid, aws.NewCredentialsCache(staticCreds))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Token(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
