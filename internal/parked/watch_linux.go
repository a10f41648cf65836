package parked

import (
	"os"
	"sync"
	"syscall"
)

// A watcher waits for many connections at once, in one goroutine: an epoll set of its own, for which it waits as for a connection.
type watcher struct {
	set     int
	mu      sync.Mutex
	waiting map[int32]watch // by descriptor
}

// A watch is a connection and what to do once there is something to read.
type watch struct {
	conn *Conn
	wake func()
}

// theWatcher serves the whole process, from the first watch on; nil where the system gives no epoll set.
var theWatcher = sync.OnceValue(func() *watcher {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	syscall.SetNonblock(fd, true) // has os.NewFile wait for it without a thread
	file := os.NewFile(uintptr(fd), "epoll")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil
	}
	w := &watcher{set: fd, waiting: map[int32]watch{}}
	go w.run(file, raw)
	return w
})

// Watch is Park without a goroutine that waits: once Park would return, or once a read deadline is set or the connection is closed, wake is called,
// once; seldom it is for nothing. It must be quick, and may be called before Watch returns. Watch reports false, and does nothing, where it cannot be
// done, and while there is a read deadline.
func (c *Conn) Watch(wake func()) bool {
	if c.raw == nil {
		return false
	}
	w := theWatcher()
	return w != nil && w.add(c, wake)
}

func (w *watcher) add(c *Conn, wake func()) (ok bool) {
	c.raw.Control(func(fd uintptr) { // keeps the descriptor open meanwhile
		w.mu.Lock()
		defer w.mu.Unlock()
		if !c.watched.CompareAndSwap(false, true) {
			return
		}
		// Who sets a deadline or closes says so first and looks for a watch then, and here it is the other way round: one sees the other.
		event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: int32(fd)}
		ok = !c.bounded.Load() && !c.closed.Load() && syscall.EpollCtl(w.set, syscall.EPOLL_CTL_ADD, int(fd), &event) == nil
		if !ok {
			c.watched.Store(false)
			return
		}
		c.fd = int32(fd)
		w.waiting[c.fd] = watch{c, wake}
	})
	return ok
}

// unwatch ends a watch and returns what it was to do; nil if there is none.
func (c *Conn) unwatch() (wake func()) {
	if !c.watched.Load() {
		return nil
	}
	w := theWatcher()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !c.watched.Load() {
		return nil
	}
	return w.end(c.fd)
}

// take ends the watch of a descriptor on which something has happened, if it has not ended meanwhile.
func (w *watcher) take(fd int32) (wake func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end(fd)
}

func (w *watcher) end(fd int32) (wake func()) {
	found, ok := w.waiting[fd]
	if !ok {
		return nil
	}
	delete(w.waiting, fd)
	found.conn.watched.Store(false)
	syscall.EpollCtl(w.set, syscall.EPOLL_CTL_DEL, int(fd), nil)
	return found.wake
}

func (w *watcher) run(file *os.File, raw syscall.RawConn) {
	defer file.Close()
	var events [128]syscall.EpollEvent
	n := 0
	for {
		err := raw.Read(func(uintptr) bool {
			n, _ = syscall.EpollWait(w.set, events[:], 0)
			return n > 0
		})
		if err != nil {
			panic("parked: cannot wait for an epoll set: " + err.Error()) // the connections behind it would wait for ever
		}
		for _, e := range events[:n] {
			if wake := w.take(e.Fd); wake != nil {
				wake()
			}
		}
	}
}
