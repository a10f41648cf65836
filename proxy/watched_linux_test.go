package proxy

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// watchedDescriptors counts the connections that are watched: those of which an epoll set is to tell once, which no other set in this process has.
func watchedDescriptors(t *testing.T) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fdinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		info, _ := os.ReadFile("/proc/self/fdinfo/" + fd.Name()) // it may be closed by now
		for line := range strings.Lines(string(info)) {
			if f := strings.Fields(line); len(f) > 3 && f[0] == "tfd:" {
				events, err := strconv.ParseUint(f[3], 16, 64)
				if err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				n += int(events & syscall.EPOLLONESHOT >> 30)
			}
		}
	}
	return n
}
