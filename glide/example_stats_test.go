package glide_test

import (
	"context"
	"fmt"
	"time"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/glide"
)

type source struct{}

func (source) Token(context.Context) (valetkey.Token, error) {
	return valetkey.NewToken("app", "a token", time.Now().Add(15*time.Minute)), nil
}

type client struct{}

func (client) Ping(context.Context) (string, error) { return "PONG", nil }

func (client) UpdateConnectionPassword(context.Context, string, bool) (string, error) {
	return "OK", nil
}

// Renew re-authenticates the live connections now, and Stats says what was done. The client here stands for one of GLIDE.
func ExampleKeeper_Renew() {
	ctx := context.Background()
	keeper := glide.Keep(ctx, client{}, source{}, glide.Options{})
	defer keeper.Stop()

	if err := keeper.Renew(ctx); err != nil {
		fmt.Println(err)
	}
	s := keeper.Stats()
	fmt.Println(s.Lazy, "lazy,", s.Immediate, "immediate,", s.Errors, "errors")
	// Output: 1 lazy, 1 immediate, 0 errors
}
