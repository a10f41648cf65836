// Package emulator is a server that authenticates as Valkey and Redis OSS caches on AWS do: with IAM tokens, over TLS, for
// twelve hours at a time. It refuses what AWS refuses, in the same order and with the same words, and tells you on the side
// what AWS does not: why. In a test:
//
//	srv := emulator.New(t)
//	dialer := &valetkey.Dialer{Source: srv.Source(), TLSConfig: srv.ClientTLS()}
//	conn, err := dialer.DialContext(t.Context(), "tcp", srv.Addr())
//
// Tokens are verified by package verify, which recomputes the signature without the signer's help. What a token must say
// comes from the server's [Config] and never from the token. Behind the authentication stands an engine, embedded or a real
// Valkey server ([Config.Upstream]); every command but AUTH, HELLO, RESET and ACL WHOAMI is its own business, and every reply
// its own bytes.
//
// # What it does, and how well that is known
//
// Documented by AWS:
//   - TLS is required; tokens are checked as package verify lists it; the user must be in the cache's user group.
//   - A connection is cut [Config.SessionLimit] (12 h) after its last good AUTH or HELLO AUTH; a further one prolongs it.
//   - The end of a token, of its credentials, of an access key or of a permission does not touch connections; removing the
//     user from the group cuts them.
//   - The principal that signs must be allowed to connect on the ARNs of both the cache and the user, see [Principal].
//   - "ERR service is not available" for new connections while IAM is down or throttles, and "ERR IAM Authentication service
//     is not available" or "ERR Exceeded limit of IAM Authentication requests" for those that have authenticated.
//   - AUTH and HELLO are not supported inside MULTI.
//   - Almost every refusal reads "WRONGPASS invalid username-password pair or user is disabled."
//
// Measured on valkey-server, and compared with it by the tests:
//   - NOAUTH before authentication, for everything but AUTH, HELLO, QUIT and RESET; at most 10 arguments of 16384 bytes.
//   - A failed AUTH leaves the connection authenticated as before; HELLO that fails changes nothing at all.
//   - AUTH and HELLO are refused in RESP2's subscribe mode and work in RESP3's. RESET forgets the authentication.
//
// Assumed, because nothing public says so:
//   - The cut comes without a reply, to the second, and whatever is under way.
//   - AUTH and HELLO inside MULTI are refused when they are queued, in words of the emulator's own, and spoil the transaction.
//   - The same token prolongs a session as often as it is good. A password user on the same connection stops the clock.
//   - What of this can be turned around is in [Assumptions].
//   - The user default is off and has no password, so that AUTH with one argument answers WRONGPASS too.
//
// [Behaviours] lists all of it with its source and its test.
//
// # Time and faults
//
// [Server.Advance] makes everything that exists older: sessions end, tokens and credentials expire, and clients need no
// clock of their own to see it. [Server.SetFault], [Server.SetAuthRate], [Server.SetAuthDelay], [Server.Cut] and others break
// things. [Config.Admin] offers the same to programs in other languages, over HTTP.
//
// # Kinds of caches
//
// [Config.Profile] chooses one: node-based with a primary, a reader endpoint and replicas; with shards; serverless; public; MemoryDB.
// [Server.Endpoints] are what clients connect to, [Server.Nodes] what stands behind. [Config.Engine] starts a real server for each
// node; the embedded engine plays one shard, whose replicas share its data. Commands that the service restricts are refused unless
// [Config.AllowRestricted] is set, and [Server.DropNode] makes a node fail.
//
// # What it is not
//
// Unknown commands and a wrong number of arguments are answered with NOAUTH before authentication, where a stock server notices
// them first. ACL WHOAMI inside MULTI, CLIENT LIST and MONITOR show the backend's user. The embedded engine is miniredis: it knows
// most commands, but no ACL, under RESP3 it allows a subscriber as few commands as under RESP2, and in a cluster it does not mind
// keys of several slots in one command. What clients send by themselves when they connect the emulator answers for it
// (INFO, CLIENT SETINFO, ID and INFO, CLIENT TRACKING with OPTIN, which tracks nothing, and CLUSTER). A client that sends and does not
// read is waited for at its next AUTH, HELLO, RESET or CLIENT REPLY once the sockets are full, where a server goes on and buffers.
package emulator
