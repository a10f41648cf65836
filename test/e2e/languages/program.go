package main

import "strings"

// A program is one client.
type program struct {
	name     string
	language string   // the directory of its source
	command  []string // run in the directory of its language in the cache
	resp     bool     // it can be told which version of RESP to speak
	jobs     bool     // it is a framework, which runs jobs instead of the scene
}

func java(class string) []string {
	return []string{"java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", "target/classes:target/lib/*", class}
}

func python(args ...string) []string { return append([]string{"venv/bin/python", "-B"}, args...) }

func node(args ...string) []string { return append([]string{"./node"}, args...) }

func golang(client string) []string { return []string{"./golang", client} }

func programs() []program {
	return []program{
		{name: "valkey-cli", language: "shell", command: []string{"bash", "cli.sh", "valkey-cli"}, resp: true},
		{name: "redis-cli", language: "shell", command: []string{"bash", "cli.sh", "redis-cli"}, resp: true},
		{name: "redis-py", language: "python", command: python("sync.py", "redis"), resp: true},
		{name: "valkey-py", language: "python", command: python("sync.py", "valkey"), resp: true},
		{name: "Celery", language: "python", command: python("celery_client.py"), jobs: true},
		{name: "GLIDE for Python", language: "python", command: python("glide_client.py"), resp: true},
		{name: "phpredis", language: "php", command: []string{"php", "phpredis.php"}},
		{name: "Predis", language: "php", command: []string{"php", "predis.php"}},
		{name: "redis-rb", language: "ruby", command: []string{"ruby", "redis.rb"}},
		{name: "Sidekiq", language: "ruby", command: []string{"ruby", "sidekiq.rb"}, jobs: true},
		{name: "Perl's Redis", language: "perl", command: []string{"perl", "redis.pl"}},
		{name: "ioredis", language: "node", command: node("ioredis.js", "ioredis")},
		{name: "node-redis", language: "node", command: node("noderedis.js"), resp: true},
		{name: "iovalkey", language: "node", command: node("ioredis.js", "iovalkey")},
		{name: "BullMQ", language: "node", command: node("bullmq.js"), jobs: true},
		{name: "GLIDE for Node", language: "node", command: node("glide.js"), resp: true},
		{name: "Jedis", language: "java", command: java("Jedis"), resp: true},
		{name: "Lettuce", language: "java", command: java("Lettuce"), resp: true},
		{name: "Redisson", language: "java", command: java("Redisson"), resp: true},
		{name: "GLIDE for Java", language: "java", command: java("Glide"), resp: true},
		{name: "redis-rs", language: "rust", command: []string{"target/debug/redis_rs"}, resp: true},
		{name: "fred", language: "rust", command: []string{"target/debug/fred"}, resp: true},
		{name: "go-redis", language: "golang", command: golang("goredis"), resp: true},
		{name: "valkey-go", language: "golang", command: golang("valkeygo"), resp: true},
		{name: "rueidis", language: "golang", command: golang("rueidis"), resp: true},
		{name: "redigo", language: "golang", command: golang("redigo")},
		{name: "GLIDE for Go", language: "golang", command: golang("glide")},
	}
}

// A handshake is how a client is told to begin its connections.
type handshake struct{ username, password, protocol string }

// String names it as the page does.
func (h handshake) String() string {
	var words []string
	switch {
	case h.username != "":
		words = append(words, "user and password")
	case h.password != "":
		words = append(words, "password")
	}
	if h.protocol != "" {
		words = append(words, "RESP"+h.protocol)
	}
	if words == nil {
		return "its own"
	}
	return strings.Join(words, ", ")
}

// A run is one client with one handshake.
type run struct {
	program
	handshake
}

// String is CLIENT/HANDSHAKE.
func (r run) String() string { return r.name + "/" + r.handshake.String() }

func runs() (all []run) {
	for _, p := range programs() {
		for _, h := range []handshake{{}, {password: "dummy", protocol: "2"}, {username: "anybody", password: "dummy", protocol: "3"}} {
			if !p.resp {
				h.protocol = ""
			}
			all = append(all, run{p, h})
		}
	}
	return all
}
