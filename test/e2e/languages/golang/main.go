// Command golang runs a Go client through the scene that the clients of other languages run: golang goredis|valkeygo|rueidis|redigo|glide.
// The environment says where and for how long; see the package languages.
package main

import (
	"log"
	"os"
	"runtime/debug"
)

// A product is a client that can be run.
type product struct {
	name, module string
	connect      func(place) (client, error)
	// unordered is true of a client that hands over each message in a goroutine of its own.
	unordered bool
}

func products() map[string]product {
	return map[string]product{
		"goredis":  {"go-redis", "github.com/redis/go-redis/v9", connectGoRedis, false},
		"valkeygo": {"valkey-go", "github.com/valkey-io/valkey-go", connectValkeyGo, false},
		"rueidis":  {"rueidis", "github.com/redis/rueidis", connectRueidis, false},
		"redigo":   {"redigo", "github.com/gomodule/redigo", connectRedigo, false},
		"glide":    {"GLIDE for Go", "github.com/valkey-io/valkey-glide/go/v2", connectGlide, true},
	}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("golang: name a client")
	}
	p, ok := products()[os.Args[1]]
	if !ok {
		log.Fatal("golang: no client is called " + os.Args[1])
	}
	at, err := here()
	if err != nil {
		log.Fatal(err)
	}
	if err := play(p, at).print(os.Stdout, p.name, moduleVersion(p.module)); err != nil {
		log.Fatal(err)
	}
}

func moduleVersion(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version[1:]
		}
	}
	return "unknown"
}
