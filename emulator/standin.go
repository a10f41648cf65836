package emulator

import (
	"fmt"
	"strings"

	"github.com/valetkey/valetkey/internal/resp"
)

// A standIn answers for the embedded engine what clients send when they connect and the engine does not know. What it says
// it does, it does: nothing is promised that has no effect.
type standIn struct {
	args    []string
	c       *conn
	state   connState
	library *library
}

// library is what a client has said about itself with CLIENT SETINFO.
type library struct{ name, version string }

// standsIn reports whether the embedded engine would not know the command as clients use it.
func standsIn(name string, args [][]byte, clustered bool) bool {
	sub := ""
	if len(args) > 1 {
		sub = strings.ToUpper(string(args[1]))
	}
	switch name {
	case "INFO":
		return len(args) < 2 || sub != "CLIENTS" && sub != "STATS"
	case "CLIENT":
		return strings.Contains(" SETINFO ID INFO NO-EVICT NO-TOUCH TRACKING CACHING ", " "+sub+" ")
	case "CLUSTER": // the engine knows it, and clients would take it for a cluster that they cannot reach
		return sub != ""
	case "COMMAND":
		return strings.Contains(" COUNT DOCS ", " "+sub+" ")
	case "READONLY", "READWRITE":
		return clustered && len(args) == 1
	case "SELECT":
		return clustered && len(args) == 2 && sub != "0"
	}
	return false
}

// standIn answers a command for the embedded engine. It reports whether it did, and whether the connection lives.
func (c *conn) standIn(name string, cmd resp.Command) (answered, alive bool) {
	if _, is := c.node.backend.(*embedded); !is || !c.uncached && !standsIn(name, cmd.Args, c.srv.config.Profile.clustered()) {
		return false, true
	}
	state, alive := c.settle()
	if c.uncached && alive {
		c.uncached = false
		return true, c.answerError(noTracking)
	}
	if !alive || state.multi || state.confined {
		return false, alive // the engine queues or refuses it in its own words
	}
	s := standIn{c: c, state: state, library: &c.library}
	for _, a := range cmd.Args[1:] {
		s.args = append(s.args, string(a))
	}
	return true, c.answer(s.reply(name))
}

func (s standIn) reply(name string) []byte {
	switch name {
	case "INFO":
		return resp.AppendBulk(nil, s.info())
	case "CLUSTER":
		return s.cluster()
	case "READONLY", "READWRITE":
		return resp.AppendSimple(nil, "OK")
	case "SELECT":
		return resp.AppendError(nil, "ERR SELECT is not allowed in cluster mode")
	case "COMMAND":
		if strings.EqualFold(s.args[0], "COUNT") {
			return resp.AppendInt(nil, 0)
		}
		return resp.AppendArray(nil, 0)
	}
	return s.client()
}

func (s standIn) cluster() []byte {
	if !s.c.srv.config.Profile.clustered() {
		return resp.AppendError(nil, "ERR This instance has cluster support disabled")
	}
	return s.c.srv.topology(s.c.node, s.state.resp3).answer(s.args)
}

const noTracking = "ERR the embedded engine tracks no keys for clients to cache; stand in front of a real server for that"

// client answers CLIENT's subcommands. TRACKING is allowed as long as nothing is tracked by it: with OPTIN nothing is unless
// CLIENT CACHING says so. That is refused, and so is the command that it is about, because clients overlook the first refusal.
func (s standIn) client() []byte {
	ok := resp.AppendSimple(nil, "OK")
	switch sub := strings.ToUpper(s.args[0]); {
	case sub == "ID":
		return resp.AppendInt(nil, int64(s.c.id))
	case sub == "INFO":
		return resp.AppendBulk(nil, s.describe())
	case sub == "SETINFO":
		return s.setInfo()
	case sub == "TRACKING" && !s.tracksNothing():
		return resp.AppendError(nil, noTracking)
	case sub == "CACHING":
		s.c.uncached = true
		return resp.AppendError(nil, noTracking)
	}
	return ok
}

func (s standIn) tracksNothing() bool {
	options := strings.ToUpper(strings.Join(s.args[1:], " "))
	return options == "OFF" || strings.HasPrefix(options, "ON") && strings.Contains(options, "OPTIN") && !strings.Contains(options, "BCAST")
}

// setInfo answers with the server's texts. Measured on valkey-server 8.0.1.
func (s standIn) setInfo() []byte {
	if len(s.args) != 3 {
		return resp.AppendError(nil, "ERR wrong number of arguments for 'client|setinfo' command")
	}
	attribute, value := strings.ToUpper(s.args[1]), s.args[2]
	switch {
	case attribute != "LIB-NAME" && attribute != "LIB-VER":
		return resp.AppendError(nil, "ERR Unrecognized option '"+s.args[1]+"'")
	case !clientName(value):
		return resp.AppendError(nil, "ERR "+s.args[1]+" cannot contain spaces, newlines or special characters.")
	case attribute == "LIB-NAME":
		s.library.name = value
	default:
		s.library.version = value
	}
	return resp.AppendSimple(nil, "OK")
}

// describe is the line of CLIENT INFO, as far as the emulator knows the fields.
func (s standIn) describe() string {
	protocol := 2
	if s.state.resp3 {
		protocol = 3
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s user=%s resp=%d lib-name=%s lib-ver=%s\n", s.c.id, s.c.net.RemoteAddr(),
		s.c.net.LocalAddr(), s.c.session.name(), protocol, s.library.name, s.library.version)
}

// infoServer and the functions below are what INFO tells: what clients ask of it to find out what kind of server they have.
const infoServer = "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nredis_mode:%s\r\n" +
	"availability_zone:\r\n"

func (s standIn) infoServer() string {
	if s.c.srv.config.Profile.clustered() {
		return fmt.Sprintf(infoServer, "cluster")
	}
	return fmt.Sprintf(infoServer, "standalone")
}

// infoReplication tells a node's role; replicas are never behind.
func (s standIn) infoReplication() string {
	d := s.c.srv.deployment
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.c.node.replica {
		return "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nslave_read_only:1\r\nconnected_slaves:0\r\n"
	}
	replicas := 0
	for _, n := range d.nodes {
		if n.replica && !n.down && n.shard == s.c.node.shard {
			replicas++
		}
	}
	return fmt.Sprintf("# Replication\r\nrole:master\r\nconnected_slaves:%d\r\nmaster_repl_offset:0\r\n", replicas)
}

func (s standIn) infoCluster() string {
	if s.c.srv.config.Profile.clustered() {
		return "# Cluster\r\ncluster_enabled:1\r\n"
	}
	return "# Cluster\r\ncluster_enabled:0\r\n"
}

// info joins the sections that were asked for; an unknown one is empty, as on a server.
func (s standIn) info() string {
	asked := " " + strings.ToLower(strings.Join(s.args, " ")) + " "
	all := len(s.args) == 0 || strings.Contains(asked, " all ") || strings.Contains(asked, " default ") ||
		strings.Contains(asked, " everything ")
	var parts []string
	for _, section := range [][2]string{
		{"server", s.infoServer()},
		{"clients", fmt.Sprintf("# Clients\r\nconnected_clients:%d\r\n", s.c.srv.Stats().Open)},
		{"replication", s.infoReplication()},
		{"cluster", s.infoCluster()},
	} {
		if all || strings.Contains(asked, " "+section[0]+" ") {
			parts = append(parts, section[1])
		}
	}
	return strings.Join(parts, "\r\n")
}
