package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

// A seen is one frame as a scanner reports it.
type seen struct {
	frame string
	facts string
}

// scanner is what the two scanners have in common.
type scanner interface {
	Scan(p []byte) (int, bool, error)
	AtBoundary() bool
}

// framesOf scans the pieces one after the other and lists the frames that end in them.
func framesOf(s scanner, facts func() string, pieces [][]byte) (all []seen, err error) {
	var frame []byte
	for _, p := range pieces {
		for len(p) > 0 {
			n, done, err := s.Scan(p)
			if err != nil {
				return all, err
			}
			if n == 0 && !done {
				return all, errors.New("no progress")
			}
			frame, p = append(frame, p[:n]...), p[n:]
			if done != s.AtBoundary() {
				return all, fmt.Errorf("done is %v, AtBoundary %v", done, s.AtBoundary())
			}
			if done {
				all = append(all, seen{string(frame), facts()})
				frame = frame[:0]
			}
		}
	}
	return all, nil
}

func requestFacts(s *RequestScanner) func() string {
	return func() string {
		out := fmt.Sprint(s.Argc())
		for i := range min(s.Argc(), capturedArgs) {
			kept, n := s.Arg(i)
			out += fmt.Sprintf(" %q/%d", kept, n)
		}
		return out
	}
}

func replyFacts(s *ReplyScanner) func() string {
	return func() string { return fmt.Sprintf("%c %q %d", s.Kind(), s.Head(), s.LastInt()) }
}

// pieces cuts data at the places that cuts names, each byte being the length of a piece.
func pieces(data, cuts []byte) (all [][]byte) {
	for _, c := range cuts {
		n := min(int(c)+1, len(data))
		all = append(all, data[:n])
		data = data[n:]
	}
	return append(all, data)
}

func single(data []byte) (all [][]byte) {
	for i := range data {
		all = append(all, data[i:i+1])
	}
	return all
}

// sameFrames fails unless every way of cutting data gives the same frames and the same verdict.
func sameFrames(t *testing.T, data, cuts []byte, scan func([][]byte) ([]seen, error)) {
	t.Helper()
	want, wantErr := scan([][]byte{data})
	for _, ps := range [][][]byte{single(data), pieces(data, cuts)} {
		got, gotErr := scan(ps)
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("whole: %v, cut: %v", wantErr, gotErr)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("whole: %q\ncut:   %q", want, got)
		}
	}
}

func scanRequests(ps [][]byte) ([]seen, error) {
	var s RequestScanner
	return framesOf(&s, requestFacts(&s), ps)
}

func scanReplies(ps [][]byte) ([]seen, error) {
	var s ReplyScanner
	return framesOf(&s, replyFacts(&s), ps)
}

// FuzzRequestScanner: any split of the bytes gives the same requests, and the reader agrees with the scanner.
func FuzzRequestScanner(f *testing.F) {
	f.Add([]byte("*1\r\n$4\r\nPING\r\nPING\r\n\r\n*0\r\n*-1\r\nset a \"b\\x41\"\r\n"), []byte{3, 1, 7})
	f.Add([]byte("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\n*1\r\n$\r\n"), []byte{9})
	f.Add([]byte("*1\rZ$4\rZPING\rZ"), []byte{2})
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		sameFrames(t, data, cuts, scanRequests)
		all, scanErr := scanRequests([][]byte{data})
		r := NewCommandReader(bytes.NewReader(data), Limits{Bulk: maxCounted})
		for _, want := range all {
			cmd, err := r.Next()
			if err != nil || string(cmd.Raw) != want.frame {
				t.Fatalf("reader: %q, %v; scanner: %q", cmd.Raw, err, want.frame)
			}
			if len(cmd.Args) > 0 && !cmd.Inline && string(AppendCommand(nil, words(cmd.Args)...)) != want.frame {
				t.Fatalf("%q does not read back as %q", want.frame, cmd.Args)
			}
		}
		readerEnds(t, func() error { _, err := r.Next(); return err }, scanErr)
	})
}

// FuzzReplyScanner: any split of the bytes gives the same values, and the reader agrees with the scanner.
func FuzzReplyScanner(f *testing.F) {
	f.Add([]byte("+OK\r\n$-1\r\n*2\r\n:1\r\n*-1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"), []byte{3, 1, 7})
	f.Add([]byte("|1\r\n+key\r\n+ttl\r\n%1\r\n+a\r\n~1\r\n_\r\n(123\r\n#t\r\n,1.5\r\n=5\r\ntxt:a\r\n!3\r\nERR\r\n"), []byte{9})
	f.Add([]byte("*1\r\n>3\r\n+a\r\n+b\r\n+c\r\n*?\r\n"), []byte{2})
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		sameFrames(t, data, cuts, scanReplies)
		all, scanErr := scanReplies([][]byte{data})
		r := NewReplyReader(bytes.NewReader(data))
		r.scan.Bulk = 0
		for _, want := range all {
			reply, err := r.Next()
			if err != nil || string(reply.Raw) != want.frame {
				t.Fatalf("reader: %q, %v; scanner: %q", reply.Raw, err, want.frame)
			}
		}
		readerEnds(t, func() error { _, err := r.Next(); return err }, scanErr)
	})
}

// readerEnds fails unless the reader, past the last whole frame, ends as the scanner did.
func readerEnds(t *testing.T, next func() error, scanErr error) {
	t.Helper()
	err := next()
	if scanErr != nil && fmt.Sprint(err) != scanErr.Error() {
		t.Fatalf("reader ended with %v, scanner with %v", err, scanErr)
	}
	if scanErr == nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		t.Fatalf("reader ended with %v, want an end of input", err)
	}
}

func words(args [][]byte) (all []string) {
	for _, a := range args {
		all = append(all, string(a))
	}
	return all
}
