package stage

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A valkey is a real valkey-server, without TLS and authentication. It ends with the test.
type valkey struct {
	addr string
	log  chan string // lines of its log
}

func start(t *testing.T, args []string) *valkey {
	t.Helper()
	path, err := exec.LookPath("valkey-server")
	if err != nil && (os.Getenv("CI") == "true" || os.Getenv("VALETKEY_REQUIRE_ALL") == "1") {
		t.Fatal("valkey-server is missing, and no test may be left out here")
	} else if err != nil {
		t.Skip("not run: valkey-server (Debian: apt install valkey-server) is missing")
	}
	port := strconv.Itoa(freePort(t))
	v := &valkey{addr: net.JoinHostPort("127.0.0.1", port), log: make(chan string, 1000)}
	cmd := exec.Command(path, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go v.follow(out)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed: the error says so
	})
	v.await(t, "Ready to accept connections")
	return v
}

// follow reads the log to its end, so that the server never waits for a reader.
func (v *valkey) follow(out io.Reader) {
	defer close(v.log)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		select {
		case v.log <- lines.Text():
		default: // nobody waits for a line any more
		}
	}
}

// await returns when the server has logged a line with the text.
func (v *valkey) await(t *testing.T, text string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case line, ok := <-v.log:
			if !ok {
				t.Fatalf("valkey-server ended before it said %q", text)
			}
			if strings.Contains(line, text) {
				return
			}
		case <-limit:
			t.Fatalf("valkey-server has not said %q in 30 s", text)
		}
	}
}

// do sends an inline command to the server itself, which must answer it with want.
func (v *valkey) do(t *testing.T, command, want string) {
	t.Helper()
	c, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, command+"\r\n"); err != nil {
		t.Fatal(err)
	}
	got, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || strings.TrimSpace(got) != want {
		t.Fatalf("%s: %q, %v", command, got, err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
