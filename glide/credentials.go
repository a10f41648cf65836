package glide

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/valetkey/valetkey"
)

// callTimeout bounds every call to the source and to the client, so that neither can stop the keeper for good.
const callTimeout = 10 * time.Second

// Credentials returns the user and a fresh token for config.NewServerCredentials of GLIDE:
//
//	user, token, err := glide.Credentials(ctx, source)
//	…
//	cfg.WithCredentials(config.NewServerCredentials(user, token))
//
// Call it right before making the client. It fails rather than return an empty or expired token: the error wraps the source's, or is a
// *[valetkey.Error] with reason [valetkey.CredentialsUnavailable]. The token is a password: do not print it.
func Credentials(ctx context.Context, source valetkey.Source) (user, token string, err error) {
	t, err := fetch(ctx, source, 0)
	if err != nil {
		return "", "", err
	}
	return t.User(), t.Secret(), nil
}

// fetch gets a token that is worth storing.
func fetch(ctx context.Context, source valetkey.Source, minLife time.Duration) (valetkey.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	token, err := source.Token(ctx)
	if err != nil {
		return valetkey.Token{}, fmt.Errorf("glide: get a token: %w", err)
	}
	if err := check(token, minLife); err != nil {
		return valetkey.Token{}, &valetkey.Error{Op: "use token of user", Subject: token.User(), Reason: valetkey.CredentialsUnavailable, Err: err}
	}
	return token, nil
}

// check says why a token must not be stored. GLIDE would take an empty one as the order to reconnect without authentication.
func check(token valetkey.Token, minLife time.Duration) error {
	left := expiry(token).Sub(now())
	switch {
	case token.Secret() == "":
		return errors.New("the token is empty: make the source return an error instead")
	case left <= 0:
		return errors.New("it has expired: renew the AWS credentials that sign it, and check this machine's clock")
	case left < minLife:
		return fmt.Errorf("it expires in %v, less than the %v it must be good for: renew the AWS credentials that sign it",
			left.Round(time.Millisecond), minLife)
	}
	return nil
}

// expiry is when the token ends. One that does not say is taken to be new.
func expiry(token valetkey.Token) time.Time {
	if token.Expires().IsZero() {
		return now().Add(maxTokenLife)
	}
	return token.Expires().Round(0)
}
