package e2e

import (
	"context"
	"crypto/sha1"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"
)

// A documented command is what COMMAND DOCS says of one, or of a subcommand.
type documented struct {
	name  string // "config|get"
	group string
	args  []argument
}

// An argument is one node of the tree in which COMMAND DOCS describes them.
type argument struct {
	name, kind, token                       string
	optional, multiple, multipleToken, star bool // star: the server makes up an ID from the time
	args                                    []argument
}

// documentation asks a server for all of its commands. Commands that only hold subcommands are left out.
func documentation(t *testing.T, v *valkeyServer) []documented {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: v.addr(), Username: "app", Password: "secret", Protocol: 3})
	defer c.Close()
	docs, err := c.Do(context.Background(), "COMMAND", "DOCS").Result()
	if err != nil {
		t.Fatal(err)
	}
	all := flatten(docs)
	slices.SortFunc(all, func(a, b documented) int { return strings.Compare(a.name, b.name) })
	return all
}

func flatten(docs any) (all []documented) {
	for name, doc := range docs.(map[any]any) {
		m := doc.(map[any]any)
		if subcommands, ok := m["subcommands"]; ok {
			all = append(all, flatten(subcommands)...)
			continue
		}
		all = append(all, documented{name: name.(string), group: fmt.Sprint(m["group"]), args: describedArguments(m["arguments"])})
	}
	return all
}

func describedArguments(list any) (all []argument) {
	if list == nil {
		return nil
	}
	for _, one := range list.([]any) {
		m := one.(map[any]any)
		a := argument{name: fmt.Sprint(m["name"]), kind: fmt.Sprint(m["type"]), args: describedArguments(m["arguments"])}
		a.token, _ = m["token"].(string)
		a.star = a.token == "*"
		flags := fmt.Sprint(m["flags"])
		a.optional, a.multipleToken = strings.Contains(flags, "optional"), strings.Contains(flags, "multiple_token")
		a.multiple = strings.Contains(flags, "multiple")
		all = append(all, a)
	}
	return all
}

// request makes up a call of the command, good or nearly so.
func (d documented) request(s *stream) []string {
	words := strings.Split(d.name, "|")
	if forms, ok := givenForms()[d.name]; ok {
		return append(words, given(s.pick(forms...))...)
	}
	words = append(words, s.arguments(d, d.args)...)
	switch s.rnd.IntN(20) {
	case 0:
		words = append(words, "more")
	case 1:
		words = words[:max(len(words)-1, strings.Count(d.name, "|")+1)]
	}
	return words
}

// given takes a form apart. A no-break space keeps a word together; SHA names the script that is loaded.
func given(form string) []string {
	if form == "" {
		return nil
	}
	sha := fmt.Sprintf("%x", sha1.Sum([]byte(loadedScript)))
	words := strings.Split(strings.ReplaceAll(form, "SHA", sha), " ")
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "\u00a0", " ")
	}
	return words
}

const (
	loadedScript  = "return{1,'a'}"
	loadedLibrary = "#!lua name=lib\nredis.register_function{function_name='f',callback=function(k,a)return{1,{'a'},k,a}end,flags={'no-writes'}}"
)

func (s *stream) arguments(d documented, args []argument) (words []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a.name == "numkeys" && i+1 < len(args) { // it counts those that follow
			i++
			keys := s.argument(d, args[i])
			words = append(append(words, strconv.Itoa(len(keys))), keys...)
			continue
		}
		words = append(words, s.argument(d, a)...)
	}
	return words
}

func (s *stream) argument(d documented, a argument) (words []string) {
	if a.optional && s.rnd.IntN(2) == 0 {
		return nil
	}
	times := 1
	if a.multiple {
		times += s.rnd.IntN(3)
	}
	for n := range times {
		if a.token != "" && a.kind != "pure-token" && (n == 0 || a.multipleToken) {
			words = append(words, a.token)
		}
		words = append(words, s.once(d, a)...)
	}
	return words
}

func (s *stream) once(d documented, a argument) []string {
	switch a.kind {
	case "pure-token":
		return []string{a.token}
	case "block":
		return s.arguments(d, a.args)
	case "oneof":
		choices := slices.DeleteFunc(slices.Clone(a.args), func(a argument) bool { return a.star })
		choice := choices[s.rnd.IntN(len(choices))]
		choice.optional = false
		return s.argument(d, choice)
	case "key":
		return []string{s.keyFor(d.group)}
	}
	return []string{s.scalar(d, a)}
}

// keyFor is most often a key that has the right type.
func (s *stream) keyFor(group string) string {
	kind, ok := map[string]string{"string": "s", "bitmap": "s", "hash": "h", "list": "l", "set": "t", "sorted-set": "z", "geo": "z", "stream": "x",
		"hyperloglog": "p"}[group]
	if !ok || s.rnd.IntN(10) == 0 {
		kind = s.pick("s", "h", "l", "t", "z", "x", "p", "none")
	}
	return kind + s.pick("1", "2")
}

// scalar makes up one word. What is compared with the time is far from it, and no wait is long.
func (s *stream) scalar(d documented, a argument) string {
	blocks := strings.HasPrefix(d.name, "xread") || strings.HasPrefix(d.name, "wait")
	switch {
	case a.name == "timeout" && !blocks:
		return "0.01"
	case blocks && (a.name == "timeout" || a.name == "milliseconds"):
		return "5"
	case a.name == "seconds":
		return "50000"
	case a.name == "milliseconds":
		return "50000000"
	case a.name == "ttl" || a.name == "min-idle-time":
		return "0"
	case a.kind == "unix-time":
		return s.pick("4102444800", "4102444800000")
	case d.group == "stream" && a.kind == "string" && strings.Contains("id start end last-id lastid entries-added max-deleted-id", a.name):
		return s.pick("0-1", "1-1", "3-3", "7-1", "9-"+strconv.Itoa(s.rnd.IntN(100)), "-", "+", "0", "$", ">")
	case a.name == "group":
		return s.pick("g", "g", "g", "nosuch")
	case a.kind == "integer":
		return s.pick("0", "1", "2", "3", "-1", "10", "x")
	case a.kind == "double":
		return s.pick("0", "1.5", "-2", "13.361389", "38.115556", "inf", "x")
	case a.kind == "pattern":
		return s.pick("a", "a*", "w_*", "#")
	case strings.Contains(d.name, "lex") && (a.name == "min" || a.name == "max"):
		return s.pick("-", "+", "[a", "(b", "x")
	case d.group == "string" && a.name == "value":
		return s.value()
	}
	return s.pick("a", "b", "c", "10", "-3", "1.5", "(1", "[a", "+inf", "-", "\r\n", "$3\r\nx\r\n")
}

// givenForms are calls of commands whose arguments cannot be told from their description, or that answer alike everywhere only with
// some.
func givenForms() map[string][]string {
	return map[string][]string{
		"acl|cat":                 {""},
		"acl|deluser":             {"u1", "u2 nobody"},
		"acl|dryrun":              {"u1 get a", "app get a", "nobody get a"},
		"acl|getuser":             {"app", "u1", "nobody"},
		"acl|log":                 {"RESET"},
		"acl|setuser":             {"u1 on nopass ~a* +get", "u1 reset", "u2 off -@all", "u1 nonsense"},
		"bitfield":                {"s1 GET u8 0", "s1 SET i5 #2 7 INCRBY u2 100 1 OVERFLOW FAIL", "h1 GET u8 0", "s2 GET x 0"},
		"bitfield_ro":             {"s1 GET u8 0", "s1 SET u8 0 1"},
		"command|docs":            {"get", "zadd nosuch"},
		"command|getkeys":         {"SET k v", "MSET a 1 b 2", "PING"},
		"command|getkeysandflags": {"SET k v", "ZUNION 2 a b", "PING"},
		"command|info":            {"get", "zadd nosuch"},
		"command|list":            {"FILTERBY PATTERN zad*", "FILTERBY MODULE none"},
		"config|get":              {"maxmemory-samples", "hash-max-listpack-*x", "nosuch"},
		"config|set":              {"maxmemory-samples 5", "nosuch 1", "maxmemory-samples x"},
		"dump":                    {"s1", "l1", "none1"},
		"eval":                    {"return{KEYS,ARGV} 1 s1 a", "return{1,{err='x'}} 0", "return 0", "redis.call('INCR','n') 0"},
		"eval_ro":                 {"return{KEYS,ARGV} 1 s1 a", "return{true,false,{}} 0"},
		"expiretime":              {"dated", "none1"},
		"pexpiretime":             {"dated", "none1"},
		"ttl":                     {"none1", "undated"},
		"pttl":                    {"none1", "undated"},
		"fcall":                   {"f 0", "f 1 s1 a", "nosuch 0"},
		"fcall_ro":                {"f 0", "nosuch 0"},
		"function|load":           {"REPLACE " + strings.ReplaceAll(loadedLibrary, " ", "\u00a0"), loadedLibrary[:3], "nonsense"},
		"function|restore":        {"nonsense"},
		"hrandfield":              {"none1", "none1 3 WITHVALUES", "s1"},
		"srandmember":             {"none1", "none1 3", "s1"},
		"zrandmember":             {"none1", "none1 3 WITHSCORES", "s1"},
		"spop":                    {"none1", "none1 3", "s1"},
		"sdiff":                   {"single none1", "none1", "s1 single"},
		"sdiffstore":              {"stored single none1", "t2 none1", "t1 s1 single"},
		"sunion":                  {"single none1", "none1", "s1 single"},
		"sunionstore":             {"stored single none1", "t2 none1", "t1 s1 single"},
		"keys":                    {"none-at-all*"},
		"scan":                    {"0 MATCH none-at-all* COUNT 10000"},
		"latency|reset":           {"", "nosuch"},
		"object|encoding":         {"s1", "z1", "none1"},
		"pfdebug":                 {"ENCODING p1", "GETREG none1"},
		"restore":                 {"none1 0 nonsense"},
		"restore-asking":          {"none1 0 nonsense"},
		"evalsha":                 {"SHA 0", "SHA 1 s1 a", "0123 0"},
		"evalsha_ro":              {"SHA 0", "0123 0"},
		"script|show":             {"SHA", "0123"},
		"function|delete":         {"lib", "nosuch"},
		"hscan":                   {"h1 0 MATCH a COUNT 100", "none1 0", "s1 0", "h1 x", "h2 0 MATCH none NOVALUES COUNT 100"},
		"sscan":                   {"t1 0 MATCH a COUNT 100", "none1 0", "s1 0", "t1 x"},
		"zscan":                   {"z1 0 MATCH a COUNT 100", "none1 0", "s1 0", "z1 x", "z2 0 MATCH b NOSCORES COUNT 100"},
		"sort":                    {"l1 ALPHA", "z1 ALPHA DESC LIMIT 0 1 GET #", "t1 ALPHA GET # GET s*", "l2 BY nosort", "l1", "s1", "none1", "l1 ALPHA STORE l2"},
		"sort_ro":                 {"l1 ALPHA", "z1 ALPHA ASC GET #", "t2 ALPHA", "l2 BY nosort GET h1->a", "l1", "s1", "none1"},
		"script|load":             {loadedScript, "nonsense("},
		"select":                  {"0", "1", "99"},
		"wait":                    {"0 5", "1 5", "x 5"},
		"waitaof":                 {"0 0 5", "1 0 5"},
		"xinfo|stream":            {"x1", "x2", "none1"},
		"xpending":                {"x1 g", "x1 nosuch", "none1 g"},
		"xgroup|create":           {"x1 g 0", "x2 g $ MKSTREAM", "none1 g 0"},
		"xreadgroup":              {"GROUP g c COUNT 2 STREAMS x1 >", "GROUP g c STREAMS x1 0", "GROUP nosuch c STREAMS x1 >", "GROUP g c NOACK STREAMS x1 x2 > >"},
	}
}

// leftOut are the commands that the generated streams do without, and why.
func leftOut() map[string]string {
	all := map[string]string{}
	for why, names := range map[string]string{
		"answers with the time or with what it has measured": "time info lastsave acl|log slowlog|get slowlog|len latency|doctor latency|graph latency|histogram " +
			"latency|history latency|latest memory|doctor memory|malloc-stats memory|stats memory|usage object|idletime xinfo|consumers",
		"answers with chance":                         "acl|genpass lolwut randomkey",
		"names the connection, which is not the same": "client|id client|info client|list cluster|myid",
		"ends or holds up connections":                "client|kill client|pause quit shutdown",
		"changes what the server is":                  "replicaof slaveof failover sync psync replconf migrate debug",
		"forks, and says whether it has finished":     "bgsave bgrewriteaof",
		"takes long": "pfselftest",
		"takes away the counts that this test looks at":          "config|resetstat",
		"loads code, which this server refuses before it counts": "module|load module|loadex module|unload",
		"makes the connection a debugger":                        "script|debug",
		"is sent by TestProxyAgainstPlainConnection":             "auth monitor reset",
	} {
		for _, name := range strings.Fields(names) {
			all[name] = why
		}
	}
	delete(all, "acl|log") // with RESET alone
	return all
}

// ours are the commands that the elements of the other streams send in the right places only.
func ours() []string {
	return strings.Fields("multi exec discard subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe hello asking client|reply client|caching client|tracking")
}

// generated are the commands to make up requests of.
func generated(all []documented) []documented {
	skip := slices.Concat(ours(), slices.Collect(maps.Keys(leftOut())))
	return slices.DeleteFunc(slices.Clone(all), func(d documented) bool { return slices.Contains(skip, d.name) })
}
