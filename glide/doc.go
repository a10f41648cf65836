// Package glide keeps a Valkey GLIDE client signed in to a cache that wants IAM tokens.
//
// GLIDE is the one Go client that must be given a new password before it needs it: every other client asks for one when it
// connects. A GLIDE client stores the password it was configured with, uses it for every reconnection, and learns of a new one only
// through UpdateConnectionPassword. An IAM token is dead after 15 minutes and a connection is cut 12 hours after its last AUTH, so
// somebody has to call that method for as long as the client lives, in two ways:
//
//   - lazily, every few minutes: the token is stored for the next reconnection and nothing is sent;
//   - immediately, every few hours: the token is stored and AUTH is sent on every connection.
//
// [Keep] does both:
//
//	user, token, err := glide.Credentials(ctx, source)
//	…
//	client, err := valkeyglide.NewClusterClient(config.NewClusterClientConfiguration().
//		WithAddress(&config.NodeAddress{Host: host, Port: 6379}).
//		WithUseTLS(true).
//		WithCredentials(config.NewServerCredentials(user, token)).
//		WithRequestTimeout(2 * time.Second))
//	…
//	defer client.Close()
//	keeper := glide.Keep(ctx, client, source, glide.Options{})
//	defer keeper.Stop()
//
// # No cgo
//
// This package does not import GLIDE: [Client] names the two methods it calls, and *Client and *ClusterClient of
// github.com/valkey-io/valkey-glide/go/v2 have them, which a test of this package proves at compile time. So it builds with
// CGO_ENABLED=0 and is tested without GLIDE's native library, although its go.mod requires the GLIDE it was tested with. Even the config
// package of GLIDE needs cgo (it reaches it through models), which is why [Credentials] returns two strings and not a
// config.ServerCredentials. Both packages are called glide: import GLIDE, or this package, under another name.
//
// # Traps
//
// Each of these was run against GLIDE for Go v2.5.3, read in its source, or both.
//
// A standalone client that loses its connection while the token it holds is stale never comes back. Its reconnect loop copies the password
// once, when it starts, and never ends; UpdateConnectionPassword answers OK and changes nothing (reconnecting_connection.rs in
// GLIDE's redis-rs; valkey-glide pull request 5663 fixed it for GLIDE's own IAM mode only). It takes an outage longer than the token
// has left, a process frozen that long, a token source that failed that long, or a refused AUTH followed by a disconnect. Keep makes it
// rare by refreshing early, and notices it by watching Ping: see [Options.OnStuck]. A cluster client recovers by itself.
//
// A cluster client that has lost all its nodes answers "Connection in recovery" and stores nothing. Keep takes any error to mean
// "not done" and tries again, since most errors of GLIDE are strings without a type.
//
// An immediate update stores the password first and sends AUTH second, so a refused token stays stored. Keep stores another token lazily at
// once after an immediate update has failed.
//
// An immediate update that is refused while the client is busy can shift all later replies by one, on engines that drop the error of an AUTH
// between other commands: see [ErrMixedUp]. Keep sends AUTH no more often than it must, never with a token that it knows to be bad, and
// checks after each whether Ping still gets its own reply.
//
// An empty password removes the stored one, and the next reconnection is not authenticated. Keep never passes one on, nor a
// token that is about to expire.
//
// A client made WithLazyConnect(true) connects when it is first used, or updated, with the token it was configured with, which may
// have died by then. Keep's first update comes at once, so call it right after making the client: it makes the client connect
// while the token is fresh.
//
// A cut can end the whole program. GLIDE writes to TLS connections on threads of its own in a way that raises SIGPIPE when the server has closed the
// connection, and Go ends a program for a SIGPIPE outside Go code: a busy program died after one to five cuts. Say
// signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) at the start of main; then a write to a closed standard output is an error too, and
// not the program's end. (signal.Ignore does the same, but the programs that this one starts inherit it.)
//
// GLIDE's request timeout is 250 ms unless set, and bounds each update, AUTH included. A server that verifies a token needs longer: set at
// least one second with WithRequestTimeout.
//
// An AUTH waits its turn behind a blocking command on the same connection, and so does Ping: give blocking commands a client of their own,
// as GLIDE's documentation asks for anyway.
//
// A cluster client holds a second connection to each node, named glide_management_connection, to which no AUTH is ever sent. The server cuts
// it after 12 hours. Commands do not notice, but the server counts an expired session.
//
// GLIDE's own IAM mode (config.NewIamAuthConfig) never sends AUTH on a live connection, cannot sign for a serverless cache, and with a
// refresh interval of 0 or above 43199 seconds connects without authentication and without an error. Keep is for clients made with
// config.NewServerCredentials.
package glide
