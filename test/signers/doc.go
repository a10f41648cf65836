// Package signers holds tokens that other people's programs sign against the emulator: AWS's SDKs, and Valkey GLIDE where it signs for
// itself. Its tests install those programs, one directory for each language with pinned versions, and run them.
//
// What is installed is kept under the user's cache directory, or in VALETKEY_SIGNERS_CACHE. It can be deleted at any time.
package signers
