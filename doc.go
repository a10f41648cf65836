// Package valetkey lets a program use Valkey or Redis OSS on AWS without a password.
//
// ElastiCache and MemoryDB accept an IAM token in its place: a presigned URL for the cache's name and the user's id, good for
// 15 minutes at most. A [Target] names the cache and the user, a [Signer] makes tokens for it from any AWS credentials provider,
// and [Reuse] shares a token between the connections of a short while.
//
// Times are the wall clock's, because that is what AWS checks a token against.
package valetkey
