package emulator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/verify"
)

// fixed is a provider of fixed credentials.
type fixed aws.Credentials

func (f fixed) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials(f), nil }

// sign makes a token for another target or with other credentials than the server's own.
func sign(t testing.TB, target valetkey.Target, id, secret, session string) string {
	t.Helper()
	signer, err := valetkey.NewSigner(target, fixed{AccessKeyID: id, SecretAccessKey: secret, SessionToken: session})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := signer.Token(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tok.Secret()
}

// TestEachRefusalHasItsReason sends AUTH and HELLO with every kind of wrong and finds one answer, and one reason for each.
func TestEachRefusalHasItsReason(t *testing.T) {
	t.Parallel()
	s := emulator.New(t, quiet, func(c *emulatorConfig) {
		c.Users = []emulator.User{{Name: "app"}, {Name: "gone", Off: true}, {Name: "batch", Passwords: []string{"hunter2"}}}
		c.Keys = []verify.Key{
			{ID: "AKIDOLD", Secret: "s", Revoked: true},
			{ID: "ASIATEMP", Secret: "s", SessionToken: "t/o+k="},
			{ID: "ASIADEAD", Secret: "s", SessionToken: "t", Expires: time.Now().Add(-time.Minute)},
			{ID: "AKIDGOOD", Secret: "s"},
		}
	})
	target := s.Target()
	with := func(change func(*valetkey.Target)) string {
		other := target
		change(&other)
		return sign(t, other, "AKIDGOOD", "s", "")
	}
	tok := token(t, s)
	for _, c := range []struct {
		reason   emulator.Reason
		user, pw string
	}{
		{emulator.UnknownUser, "nobody", tok},
		{emulator.UnknownUser, "App", tok},
		{emulator.UserOff, "default", tok},
		{emulator.UserOff, "gone", tok},
		{emulator.WrongPassword, "batch", "hunter3"},
		{emulator.WrongPassword, "batch", tok},
		{verify.Malformed, "app", "hunter2"},
		{verify.HasScheme, "app", "https://" + tok},
		{verify.WrongName, "app", with(func(t *valetkey.Target) { t.Name = "other" })},
		{verify.WrongRegion, "app", with(func(t *valetkey.Target) { t.Region = "eu-west-2" })},
		{verify.WrongService, "app", with(func(t *valetkey.Target) { t.Service = valetkey.MemoryDB })},
		{verify.WrongUser, "app", with(func(t *valetkey.Target) { t.User = "batch" })},
		{verify.ResourceTypeUnexpected, "app", with(func(t *valetkey.Target) { t.Serverless = true })},
		{verify.UnknownKey, "app", sign(t, target, "AKIDNEW", "s", "")},
		{verify.RevokedKey, "app", sign(t, target, "AKIDOLD", "s", "")},
		{verify.SessionTokenMissing, "app", sign(t, target, "ASIATEMP", "s", "")},
		{verify.SessionTokenWrong, "app", sign(t, target, "ASIATEMP", "s", "t")},
		{verify.CredentialsExpired, "app", sign(t, target, "ASIADEAD", "s", "t")},
		{verify.SignatureMismatch, "app", sign(t, target, "AKIDGOOD", "S", "")},
		{verify.NameCase, "app", strings.Replace(tok, "orders", "Orders", 1)},
		{verify.UnknownParameter, "app", tok + "&User-Agent=x"},
	} {
		for _, request := range [][]string{{"AUTH", c.user, c.pw}, {"HELLO", "3", "AUTH", c.user, c.pw}} {
			w := dial(t, s)
			w.want("-WRONGPASS invalid username-password pair or user is disabled.\r\n", request...)
			r := lastRefusal(t, s)
			if r.Reason != c.reason || r.Check < 6 || r.Hint == "" {
				t.Errorf("%s %s %s: got %v, want %q", request[0], c.user, c.reason, r, c.reason)
			}
			w.Close()
		}
	}
	w := dial(t, s)
	w.want("+OK", "AUTH", "app", sign(t, target, "ASIATEMP", "s", "t/o+k="))
	w.want("-WRONGPASS", "AUTH", "app", tok+strings.Repeat("x", 20_000)) // before authentication it is a protocol error
	if got := lastRefusal(t, s).Reason; got != verify.TooLong {
		t.Errorf("reason %q", got)
	}
	if got := s.Stats(); got.AuthenticationFailures != got.Refusals || got.Refusals != int64(len(s.Refusals())) {
		t.Errorf("stats: %+v, %d refusals kept", got, len(s.Refusals()))
	}
}

func TestServerlessWantsResourceType(t *testing.T) {
	t.Parallel()
	for _, lenient := range []bool{false, true} {
		s := emulator.New(t, quiet, func(c *emulatorConfig) { c.Serverless, c.LenientResourceType = true, lenient })
		login(t, s)
		target := s.Target()
		target.Serverless = false
		w := dial(t, s)
		reply := w.do("AUTH", "app", sign(t, target, emulator.ExampleAccessKeyID, emulator.ExampleSecretAccessKey, ""))
		if got := reply == "+OK\r\n"; got != lenient {
			t.Errorf("lenient %v: %q", lenient, reply)
		}
	}
}

func TestEveryTokenReasonBelongsToACheck(t *testing.T) {
	t.Parallel()
	for _, r := range append(verify.Reasons(), emulator.HandshakeFailed, emulator.ProtocolViolated, emulator.NotAuthenticated,
		emulator.BadRequest, emulator.InTransaction, emulator.BackendDown, emulator.Unavailable, emulator.Throttled,
		emulator.UnknownUser, emulator.UserOff, emulator.WrongPassword) {
		check, hint := emulator.CheckAndHint(r)
		if check == 0 || hint == "" {
			t.Errorf("%q has check %d and hint %q", r, check, hint)
		}
	}
}

// TestNothingSecretIsTold mixes up the arguments as people do, and looks for what must not be seen.
func TestNothingSecretIsTold(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := emulator.New(t, func(c *emulatorConfig) { c.Logger = debugLogger(&log) })
	w, tok := dial(t, s), token(t, s)
	const secret = "wJalrXUtnFEMIwK7MDENGwbPxRfiCYEXAMPLEKEY"
	for _, request := range [][]string{
		{"AUTH", tok, "app"}, {"AUTH", tok}, {"AUTH", secret, tok}, {"HELLO", "3", "AUTH", tok, "app"}, {"HELLO", tok},
		{"HELLO", "3", tok}, {tok}, {secret, "x"}, {"AUTH", "app", secret}, {"AUTH", "app", tok + "x"}, {"AUTH", "app", tok},
	} {
		w.do(request...)
	}
	w.Close()
	s.Close()
	told := strings.ToLower(log.String() + fmt.Sprint(s.Refusals()) + fmt.Sprintf("%+v %#v", s.Refusals(), s.Refusals()))
	signature := tok[len(tok)-64:]
	for _, hidden := range []string{tok, signature, secret, emulator.ExampleSecretAccessKey} {
		if strings.Contains(told, strings.ToLower(hidden)) {
			t.Errorf("%q is in the log", hidden)
		}
	}
	if !strings.Contains(told, "refused") || !strings.Contains(told, "closed") {
		t.Errorf("the log says nothing: %s", told)
	}
}
