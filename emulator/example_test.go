package emulator_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"

	"github.com/valetkey/valetkey/emulator"
	"github.com/valetkey/valetkey/internal/resp"
)

// A server in a program of its own; tests use New instead, which needs no error handling and cleans up.
func Example() {
	srv := &emulator.Server{Config: emulator.Config{Name: "orders", Users: []emulator.User{{Name: "app"}}}}
	if err := srv.Start(); err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	token, err := srv.Source().Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	conn, err := tls.Dial("tcp", srv.Addr(), srv.ClientTLS())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	replies := resp.NewReplyReader(conn)
	for _, command := range [][]string{
		{"PING"},
		{"AUTH", "app", "not a token"},
		{"AUTH", token.User(), token.Secret()},
		{"PING"},
	} {
		conn.Write(resp.AppendCommand(nil, command...))
		reply, err := replies.Next()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", reply.Head)
	}
	for _, refusal := range srv.Refusals() {
		fmt.Println(refusal.Check, refusal.Reason)
	}
	// Output:
	// NOAUTH Authentication required.
	// WRONGPASS invalid username-password pair or user is disabled.
	// OK
	// PONG
	// 3 command before authentication
	// 8 malformed
}
