// Package session keeps one connection authenticated without its client noticing.
//
// [Machine] is a state machine without I/O: it is given the bytes a client sends and the bytes the server answers, says
// which of them to pass on, knows when the connection is quiet, and then lets its driver put a command of its own (AUTH,
// and where needed ECHO or HELLO) on the wire and takes exactly that command's reply out again. [Schedule] says when.
//
// What it keeps to, each rule being a hazard that was seen on real servers:
//
//   - A command of its own is sent alone, with no reply outstanding: servers drop the error of a failed AUTH when another
//     reply is pending, which would shift every later reply. The next client byte waits for the reply.
//   - Never inside MULTI, between a one-shot state (ASKING, CLIENT CACHING, CLIENT REPLY SKIP) and its command, with
//     CLIENT REPLY OFF, or in MONITOR.
//   - State is decided by replies as well as by requests: a refused MULTI did not begin, any reply to EXEC ends one.
//   - Where the number of replies to come can be doubted, the quiet is proved first: ECHO of a 128-bit nonce.
//   - RESET drops the authentication: no client byte passes before the next AUTH.
//   - A RESP2 subscriber cannot authenticate again, so it is carried on RESP3 and translated back.
//   - What cannot be followed is passed on as it is and never injected into again.
package session
