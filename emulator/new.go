package emulator

import (
	"bytes"
	"log/slog"
)

// TB is what New needs of a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}

// New starts a server for a test and closes it at the test's end. Without options it is the zero [Config] on a free loopback
// port, and it writes each refusal with its reason to the test's log. Any number of them run in parallel.
//
// Under testing/synctest use the option [InMemory] and the server's Dial.
func New(t TB, options ...func(*Config)) *Server {
	t.Helper()
	s := &Server{Config: Config{Logger: testLogger(t)}}
	for _, option := range options {
		option(&s.Config)
	}
	if err := s.Start(); err != nil {
		t.Fatalf("starting the emulator: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// InMemory is the option for a server without sockets.
func InMemory(c *Config) { c.InMemory = true }

// testLogger logs refusals to the test's log.
func testLogger(t TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

type testLog struct{ TB }

func (l testLog) Write(p []byte) (int, error) {
	l.Logf("emulator: %s", bytes.TrimRight(p, "\n"))
	return len(p), nil
}
