package emulator

import (
	"context"

	"github.com/valetkey/valetkey"
)

// Source returns a source of tokens that the server accepts, for the user of Target: a signer with the server's own
// credentials. It follows PutKey and RevokeKey.
func (s *Server) Source() valetkey.Source {
	signer, err := valetkey.NewSigner(s.Target(), s.Credentials())
	if err != nil {
		return failing{err}
	}
	signer.Life = s.config.TokenLife
	return signer
}

// failing is the source of a server that has no user to make tokens for.
type failing struct{ err error }

func (f failing) Token(context.Context) (valetkey.Token, error) { return valetkey.Token{}, f.err }
