package main

import (
	"fmt"
	"log/slog"
	"net"

	"github.com/valetkey/valetkey/emulator"
)

// announce logs that the emulator is ready, with all that a program needs to use it. To a person, whose log is text, it
// shows the commands as well; a log in JSON stays JSON.
func (a *app) announce(o *emulatorOptions, server *emulator.Server, credentials string, log *slog.Logger) {
	ca := server.CAFile()
	attrs := []any{"address", server.Addr(), "url", server.URL(), "engine", server.Describe().Engine, "credentials", credentials}
	if ca != "" {
		attrs = append(attrs, "ca", ca)
	}
	if admin := server.AdminAddr(); admin != "" {
		attrs = append(attrs, "admin", "http://"+admin)
	}
	if plane := server.ControlPlaneURL(); plane != "" {
		attrs = append(attrs, "control_plane", plane)
	}
	log.Info("ready", attrs...)
	if o.logging.format != "text" {
		return
	}
	host, port, _ := net.SplitHostPort(server.Addr()) // a listener's address always has both
	secure := fmt.Sprintf(" --tls --cacert %s", shellWord(ca))
	if ca == "" {
		secure = ""
	}
	fmt.Fprintf(a.stderr, `
In another terminal:
  . %s
  eval "$(valetkey token --format env)"
  valkey-cli%s -h %s -p %s --user %s PING

`, shellWord(credentials), secure, reachable(host), port, o.user)
}

// reachable turns an address to listen on into one to connect to.
func reachable(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}
