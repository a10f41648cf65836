package emulator

import "sync/atomic"

// Stats counts what happened since the server was made. The counters that CloudWatch has too are named as there.
type Stats struct {
	// Connections is how many client connections were accepted, Open how many of them there are now.
	Connections, Open int64
	// Auths counts first authentications of a connection, Reauths further ones, by IAM or password.
	Auths, Reauths int64
	// Commands counts the commands that were forwarded to the engine.
	Commands int64
	// Refusals counts every refusal, those of [Server.Refusals] and those it has forgotten.
	Refusals int64
	// Cuts counts connections closed by [Server.CutAll] or because their user was removed.
	Cuts int64
	// AuthenticationFailures counts refused AUTH and HELLO AUTH that CloudWatch would: answered with WRONGPASS.
	AuthenticationFailures int64
	// IamAuthenticationExpirations counts connections that the session limit cut.
	IamAuthenticationExpirations int64
	// IamAuthenticationThrottling counts AUTH and HELLO AUTH that were throttled.
	IamAuthenticationThrottling int64
}

// Stats returns the counters. Each is exact; together they are not a snapshot of one instant.
func (s *Server) Stats() Stats {
	c := &s.counters
	return Stats{
		Connections:                  c.connections.Load(),
		Open:                         c.connections.Load() - c.closed.Load(),
		Auths:                        c.auths.Load(),
		Reauths:                      c.reauths.Load(),
		Commands:                     c.commands.Load(),
		Refusals:                     c.refusals.Load(),
		Cuts:                         c.cuts.Load(),
		AuthenticationFailures:       c.failures.Load(),
		IamAuthenticationExpirations: c.expirations.Load(),
		IamAuthenticationThrottling:  c.throttling.Load(),
	}
}

type counters struct {
	connections, closed, auths, reauths, commands, refusals, cuts, failures, expirations, throttling atomic.Int64
}

func (c *counters) count(e Event) {
	switch e.Kind {
	case Connected:
		c.connections.Add(1)
	case Closed:
		c.closed.Add(1)
	case Authenticated:
		c.auths.Add(1)
	case Renewed:
		c.reauths.Add(1)
	case Expired:
		c.expirations.Add(1)
	case Cut:
		c.cuts.Add(1)
	case Refused:
		c.refused(e)
	}
}

func (c *counters) refused(e Event) {
	c.refusals.Add(1)
	switch {
	case e.Reason == Throttled:
		c.throttling.Add(1)
	case e.Check >= 6:
		c.failures.Add(1)
	}
}
