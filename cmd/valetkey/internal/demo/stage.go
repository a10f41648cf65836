package demo

import (
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/valetkey/valetkey"
	"github.com/valetkey/valetkey/emulator"
)

// replyTimeout is generous: a machine that is slow is not what is on show.
const replyTimeout = 10 * time.Second

// A stage is everything that plays a part: from the application down to the engine.
type stage struct {
	work   *workload
	client *redis.Client
	dialer *valetkey.Dialer
	server *emulator.Server
	ledger *ledger
	engine *engine // nil: the embedded one
}

// newStage starts everything in front of the engine, which the caller started and stops.
func newStage(e *engine) (*stage, error) {
	s := &stage{ledger: newLedger(), engine: e}
	if err := s.startServer(); err != nil {
		return nil, err
	}
	s.dialer = &valetkey.Dialer{
		Source:       valetkey.Reuse(s.server.Source(), time.Second),
		TLSConfig:    s.server.ClientTLS(),
		SessionLimit: SessionLimit,
	}
	redis.SetLogger(&logging.VoidLogger{}) // it would write into the picture; the result has the first error
	// Nothing but the dialer is valetkey's. Retries are off so that no failure is made good unseen.
	s.client = redis.NewClient(&redis.Options{
		Addr: s.server.Addr(), Dialer: s.dialer.DialContext, MaxRetries: -1,
		ReadTimeout: replyTimeout, WriteTimeout: replyTimeout,
	})
	s.work = newWorkload(s.client)
	return s, nil
}

// startServer starts the cache that wants tokens, on a free loopback port with TLS.
func (s *stage) startServer() error {
	config := emulator.Config{SessionLimit: SessionLimit, TokenLife: TokenLife, OnEvent: s.ledger.record}
	if s.engine != nil {
		config.Upstream, config.UpstreamPassword = s.engine.addr, s.engine.password
	}
	s.server = &emulator.Server{Config: config}
	return s.server.Start()
}

func (s *stage) engineName() string {
	if s.engine == nil {
		return "embedded"
	}
	return s.engine.name
}

// close ends what was started, from the application down.
func (s *stage) close() {
	s.work.close()
	_ = s.client.Close() // whatever it says, the process ends now
	_ = s.dialer.Close()
	_ = s.server.Close()
}

// counts puts together what both ends of the connections and the application have counted.
func (s *stage) counts(elapsed time.Duration) Counts {
	dialer, server, book := s.dialer.Stats(), s.server.Stats(), s.ledger.read(time.Now())
	return Counts{
		Elapsed: Seconds(elapsed), TokenAge: Seconds(book.tokenAge), LoginAge: Seconds(dialer.OldestAuth),
		Tokens: book.tokens, Connections: dialer.Dialed, Open: dialer.Open, Outlived: book.outlived,
		Renewals: dialer.Renewed, Seen: server.Reauths,
		Commands: s.work.tally.commands.Load(), Failed: s.work.tally.failed.Load(), Lost: s.work.tally.lost.Load(),
		Cut: server.IamAuthenticationExpirations, Replaced: dialer.Replaced, Refused: server.Refusals,
	}
}
