// Package endpoint reads the host names that AWS gives to ElastiCache and MemoryDB caches.
//
// A token is signed for the cache's name, never for its host name, so whoever has only the host name must find the name in it.
// AWS asks to retrieve host names and not to construct them, and documents no grammar for them. What is read here is therefore
// of two kinds: shapes that AWS's pages show (serverless, public serverless, clustercfg on both services), and shapes inferred
// from many recorded host names (master, replica, nodes, ng.0001 and the short region codes). A part that cannot be told for
// sure is left empty, and the caller has to ask for it.
package endpoint

import (
	"strings"
	"unicode"
)

// A Role says which part of a cache a host name reaches.
type Role string

// The roles that host names show. Unknown is the zero Role.
const (
	Unknown       Role = ""
	Configuration Role = "configuration" // cluster mode's seed
	Primary       Role = "primary"       // takes writes
	Reader        Role = "reader"        // spread over the replicas
	Node          Role = "node"          // one node
	Serverless    Role = "serverless"    // port 6379 takes writes, port 6380 reads
)

// The services as they are written in a token's credential scope.
const (
	elastiCache = "elasticache"
	memoryDB    = "memorydb"
)

// An Endpoint is what a host name tells. Service is always set; Name and Region are empty when they cannot be told for sure.
type Endpoint struct {
	Service    string // "elasticache" or "memorydb"
	Name       string // lower-case name of the cache
	Region     string // long form, such as "eu-west-1"
	Role       Role
	Serverless bool
	Public     bool // reached over the internet (serverless only)
}

// Parse reads a host name without a port. Case and one trailing dot do not matter.
// It reports false for a host that is neither ElastiCache's nor MemoryDB's.
func Parse(host string) (Endpoint, bool) {
	if strings.IndexFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		return Endpoint{}, false // some letters outside ASCII have lower-case forms inside it
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	rest, china := strings.CutSuffix(host, ".amazonaws.com.cn")
	if !china {
		var aws bool
		if rest, aws = strings.CutSuffix(host, ".amazonaws.com"); !aws {
			return Endpoint{}, false
		}
	}
	labels := strings.Split(rest, ".")
	for _, l := range labels {
		if !isLabel(l) {
			return Endpoint{}, false
		}
	}
	n := len(labels)
	switch {
	case n >= 3 && labels[n-1] == "cache":
		return parseCache(labels[:n-2], region(labels[n-2], china)), true
	case n >= 3 && labels[n-2] == memoryDB:
		return parseMemoryDB(labels[:n-2], longRegion(labels[n-1], china)), true
	}
	return Endpoint{}, false
}

// parseCache reads the labels before the region code of an ElastiCache host.
func parseCache(l []string, region string) Endpoint {
	e := Endpoint{Service: elastiCache, Region: region}
	last := l[len(l)-1]
	switch {
	case last == "serverless":
		e.Serverless, e.Role = true, Serverless
		e.Name, e.Public = serverlessName(l[:len(l)-1])
	case len(l) == 3 && last == "clustercfg": // name.x.clustercfg
		e.Name, e.Role = l[0], Configuration
	case len(l) == 3 && isDigits(last, 4): // name-0001-001.x.0001
		e.Name, e.Role = plainNode(l[0]), Node
	case len(l) == 4 && l[2] == "ng" && isDigits(last, 4): // name.x.ng.0001
		e.Name, e.Role = plainGroup(l[0])
	case len(l) == 3:
		e.Name, e.Role = tlsName(l)
	}
	return e
}

// parseMemoryDB reads the labels before "memorydb". Only clustercfg is documented; node names are inferred.
func parseMemoryDB(l []string, region string) Endpoint {
	e := Endpoint{Service: memoryDB, Region: region}
	switch {
	case len(l) != 3:
	case l[2] == "clustercfg":
		e.Name, e.Role = l[0], Configuration
	case isDigits(l[2], 4):
		e.Name, e.Role = plainNode(l[0]), Node
	default:
		e.Name, e.Role = tlsName(l)
	}
	return e
}

// tlsName reads ROLE.name.x, the shape of hosts with TLS; a node's first label repeats the name: name-0001-001.name.x or name-001.name.x.
func tlsName(l []string) (string, Role) {
	switch {
	case l[0] == "clustercfg":
		return l[1], Configuration
	case l[0] == "master":
		return l[1], Primary
	case l[0] == "replica":
		return l[1], Reader
	}
	if tail, ok := strings.CutPrefix(l[0], l[1]+"-"); ok && isNodeTail(tail) {
		return l[1], Node
	}
	return "", Unknown
}

// serverlessName reads name-x or name-x.public; x is an identifier that AWS appends.
func serverlessName(l []string) (name string, public bool) {
	if public = len(l) == 2 && l[1] == "public"; !public && len(l) != 1 {
		return "", false
	}
	i := strings.LastIndexByte(l[0], '-')
	if i <= 0 {
		return "", public
	}
	return l[0][:i], public
}

// plainNode reads the first label of a node without TLS. name-0001-001 belongs to the group "name" for sure;
// name-001 and name may just as well be a cluster outside any group, so they tell no name.
func plainNode(label string) string {
	head, node, ok := cutLast(label)
	name, shard, ok2 := cutLast(head)
	if ok && ok2 && isDigits(node, 3) && isDigits(shard, 4) {
		return name
	}
	return ""
}

// plainGroup reads the first label of name.x.ng.0001. AWS appends "-ro" for the reader, but a group may be called so too.
func plainGroup(label string) (string, Role) {
	if strings.HasSuffix(label, "-ro") {
		return "", Unknown
	}
	return label, Primary
}

// isNodeTail accepts 001 and 0001-001.
func isNodeTail(s string) bool {
	shard, node, ok := strings.Cut(s, "-")
	return isDigits(s, 3) || ok && isDigits(shard, 4) && isDigits(node, 3)
}

// cutLast cuts around the last hyphen.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i <= 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func isDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// isLabel accepts a DNS label in lower case (RFC 1123).
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
