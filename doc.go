// Package valetkey lets a program use Valkey or Redis OSS on AWS without a password.
package valetkey
