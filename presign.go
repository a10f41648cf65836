package valetkey

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// emptyBody is the SHA-256 of nothing. The service hashes an empty body, not the words UNSIGNED-PAYLOAD.
const emptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// presign makes the token: the URL of a GET of https://NAME/ with Action and User, presigned by Signature Version 4, without the
// scheme. The session token is part of what is signed. life must be whole seconds, signed must be UTC without fractions.
//
// The signer is made anew each time: the SDK's one keeps derived keys by access key id alone, and would go on signing with
// a secret that has been corrected since.
func presign(ctx context.Context, t Target, c aws.Credentials, signed time.Time, life time.Duration) (Token, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+t.Name+"/?"+query(t, life), nil)
	if err != nil {
		return Token{}, errors.New("the request cannot be built from the target")
	}
	s, _, err := v4.NewSigner().PresignHTTP(ctx, c, req, emptyBody, string(t.Service), t.Region, signed)
	if err != nil {
		return Token{}, err
	}
	expires := signed.Add(life)
	if c.CanExpire && c.Expires.Before(expires) {
		expires = c.Expires
	}
	return NewToken(t.User, strings.TrimPrefix(s, "https://"), expires), nil
}

// query returns the parameters that the signer does not add itself.
func query(t Target, life time.Duration) string {
	q := url.Values{
		"Action":        {"connect"},
		"User":          {t.User},
		"X-Amz-Expires": {strconv.FormatInt(int64(life/time.Second), 10)},
	}
	if t.Serverless {
		q.Set("ResourceType", "ServerlessCache")
	}
	return q.Encode()
}
