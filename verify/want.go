package verify

import (
	"strings"
	"time"

	"github.com/valetkey/valetkey"
)

// normal fills in what was left zero.
func (w Want) normal() Want {
	if w.At.IsZero() {
		w.At = time.Now()
	}
	if w.Target.Service == "" {
		w.Target.Service = valetkey.ElastiCache
	}
	w.Target.Name = strings.ToLower(w.Target.Name)
	return w
}

// incomplete refuses a target that could match a token by saying nothing.
func (w Want) incomplete() *Refusal {
	t := w.Target
	switch {
	case t.Name == "":
		return refuse(TargetIncomplete, "no name")
	case t.Region == "":
		return refuse(TargetIncomplete, "no region")
	case t.Service != valetkey.ElastiCache && t.Service != valetkey.MemoryDB:
		return refuse(TargetIncomplete, "service %q, want %q or %q", t.Service, valetkey.ElastiCache, valetkey.MemoryDB)
	case t.Serverless && t.Service != valetkey.ElastiCache:
		return refuse(TargetIncomplete, "serverless %s does not exist", t.Service)
	}
	return nil
}
