package valetkey

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/valetkey/valetkey/internal/resp"
	"github.com/valetkey/valetkey/internal/session"
)

// login authenticates a new connection. A token that is refused is dropped and replaced once: it may have come from a cache, or
// from credentials that have died since.
func (d *Dialer) login(ctx context.Context, raw net.Conn, addr string, s session.Schedule) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.authTimeout())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	replies, began := resp.NewReplyReader(raw), time.Now()
	token, refusal, err := d.tryLogin(ctx, raw, replies)
	if refusal != "" {
		if f, ok := d.Source.(forgetter); ok {
			f.forget(token)
		}
		token, refusal, err = d.retryLogin(ctx, raw, replies, token, refusal)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, loginError(addr, ConnectionLost, errors.Join(ctx.Err(), err))
	case err != nil:
		return nil, loginError(addr, ConnectionLost, err)
	case refusal != "":
		return nil, loginError(addr, Refused, errors.New(refusal))
	case !stop():
		return nil, loginError(addr, ConnectionLost, ctx.Err())
	}
	return newConn(d, raw, addr, token, s, began), nil
}

func loginError(addr string, why Reason, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) { // the source's own error says more
		return err
	}
	return &Error{Op: "authenticate to", Subject: addr, Reason: why, Err: err}
}

// tryLogin sends one AUTH. The refusal is the server's error, if it answered with one.
func (d *Dialer) tryLogin(ctx context.Context, raw net.Conn, replies *resp.ReplyReader) (token Token, refusal string, err error) {
	if token, err = d.token(ctx); err != nil {
		return token, "", err
	}
	refusal, err = sendAuth(raw, replies, token)
	return token, refusal, err
}

// retryLogin is tryLogin where the token that was refused is not what the source has to offer now.
func (d *Dialer) retryLogin(ctx context.Context, raw net.Conn, replies *resp.ReplyReader, old Token, refused string) (Token, string, error) {
	token, err := d.token(ctx)
	if err != nil || token.Secret() == old.Secret() {
		return token, refused, nil
	}
	refused, err = sendAuth(raw, replies, token)
	return token, refused, err
}

// token asks the source, and refuses what would authenticate nobody.
func (d *Dialer) token(ctx context.Context) (Token, error) {
	t, err := d.Source.Token(ctx)
	if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
		err = &Error{Op: "get", Subject: "a token", Reason: CredentialsUnavailable, Err: err}
	}
	if err != nil {
		return Token{}, err
	}
	if t.User() == "" || t.Secret() == "" {
		return Token{}, &Error{Op: "use", Subject: "the source's token", Reason: CredentialsUnavailable,
			Err: errors.New("it has no user or no secret; a source must return an error instead")}
	}
	d.tally.noteToken(t)
	return t, nil
}

func sendAuth(raw net.Conn, replies *resp.ReplyReader, t Token) (refusal string, err error) {
	if _, err := raw.Write(resp.AppendCommand(nil, "AUTH", t.User(), t.Secret())); err != nil {
		return "", err
	}
	reply, err := replies.Next()
	switch {
	case err != nil:
		return "", err
	case reply.Kind == '-':
		return string(reply.Head), nil
	case reply.Kind != '+' || string(reply.Head) != "OK" || replies.Buffered() > 0:
		return "", fmt.Errorf("the server answered AUTH with %.40q, which no Valkey does; check the address", reply.Raw)
	}
	return "", nil
}
