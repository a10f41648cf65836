package valkeyserver_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/valetkey/valetkey/internal/valkeyserver"
)

// parentVariable makes this test's program the parent that is killed.
const parentVariable = "VALKEYSERVER_TEST_PARENT"

// A server ends with its parent, even if that is killed and can clean up nothing.
func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	program := programs(t)[0]
	if os.Getenv(parentVariable) != "" {
		s := start(t, valkeyserver.Config{Program: program, Dir: os.Getenv(parentVariable)})
		fmt.Println("listens:", s.Addr)
		select {}
	}
	parent := exec.Command(os.Args[0], "-test.run", "^TestServerEndsWithItsParent$", "-test.timeout", "1m")
	parent.Env = append(os.Environ(), parentVariable+"="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	addr := ""
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		_, addr, _ = strings.Cut(lines.Text(), "listens: ")
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // killed: the error says so
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || os.IsTimeout(err) {
		t.Errorf("its server lives: %d, %v", n, err)
	}
}
