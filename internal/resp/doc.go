// Package resp frames RESP2 and RESP3, the protocol of Valkey and Redis OSS, for both roles.
//
// It is the only package that reads the wire. The scanners ([RequestScanner], [ReplyScanner]) find where one request or
// one reply ends without storing or interpreting it and without allocating: what a relay needs. The readers
// ([CommandReader], [ReplyReader]) stand on them and return whole commands and replies: what a server, a handshake or a
// test needs.
//
// The framing is stricter than the server's, which looks for a CR and skips the byte behind it: headers are canonical
// decimal numbers, lines end with CRLF and nothing else. Two parsers that disagree on where a command ends are how one
// client reads another's replies.
package resp
