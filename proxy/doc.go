// Package proxy is the sidecar: a local port, or a Unix socket, that any Valkey or Redis client can use as if the cache had no
// password, while upstream it is TLS and IAM.
//
// Each client connection has an upstream connection of its own, a [valetkey.Conn], which authenticates itself again unseen. Every
// command works as it does on a direct connection, with these exceptions:
//
//   - AUTH, and the AUTH of a HELLO, are answered here, in their place in the order, and never sent on. Without a password of the
//     [Server]'s own any is accepted, so a client that insists on one may send what it likes.
//   - An AUTH that is refused inside MULTI is refused at once and aborts the transaction, where a server would run it with EXEC.
//   - A malformed request is answered as a server does, and so is a connection that cannot be made: with an error, then the end.
//   - The nodes of a cluster are named by listeners of the [Server]'s, in CLUSTER SLOTS and the like and in MOVED and ASK, so that a cluster
//     client stays here.
//
// Upstream connections are made when a client has sent its first byte or has been there for two milliseconds, with a password once it has
// logged in, and never without authentication.
package proxy
