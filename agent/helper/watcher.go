package main

import (
	"sync"
	"syscall"
	"unsafe"
)

// pollfd as in poll(2).
type pollfd struct {
	fd      int32
	events  int16
	revents int16
}

const pollIn = 1

// set is one watched set of processes.
type set struct {
	fds map[int]int // descriptor -> process id
}

// watcher waits for the end of processes; a pidfd becomes readable then.
type watcher struct {
	mu   sync.Mutex
	sets map[string]*set
	// A byte written to it makes run look at the sets again.
	wakeRead, wakeWrite int
}

func newWatcher() (*watcher, error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, err
	}
	return &watcher{sets: map[string]*set{}, wakeRead: ends[0], wakeWrite: ends[1]}, nil
}

func (w *watcher) wake() { _, _ = syscall.Write(w.wakeWrite, []byte{0}) }

// watch begins to hold a set; one of the same id is replaced. Those that have ended already are told at once.
func (w *watcher) watch(id, text string) error {
	processes, err := parse(text)
	if err != nil {
		return err
	}
	w.unwatch(id)
	s := &set{fds: map[int]int{}}
	var ended []int
	for _, p := range processes {
		fd, gone, err := p.hold()
		if err != nil {
			s.close()
			return err
		}
		if gone {
			ended = append(ended, p.pid)
		} else {
			s.fds[fd] = p.pid
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, pid := range ended {
		say(event{Event: "ended", ID: id, Pid: pid})
	}
	if len(s.fds) == 0 {
		say(event{Event: "gone", ID: id})
		return nil
	}
	w.sets[id] = s
	w.wake()
	return nil
}

func (w *watcher) unwatch(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.sets[id]; ok {
		delete(w.sets, id)
		s.close()
		w.wake()
	}
}

func (s *set) close() {
	for fd := range s.fds {
		closeFd(fd)
	}
}

func (w *watcher) run() {
	for {
		w.drain()
		fds := w.descriptors()
		_, _, errno := syscall.Syscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)), ^uintptr(0))
		if errno == 0 {
			w.tell()
		}
	}
}

func (w *watcher) drain() {
	buffer := make([]byte, 64)
	for {
		if n, err := syscall.Read(w.wakeRead, buffer); n <= 0 || err != nil {
			return
		}
	}
}

func (w *watcher) descriptors() []pollfd {
	w.mu.Lock()
	defer w.mu.Unlock()
	fds := []pollfd{{fd: int32(w.wakeRead), events: pollIn}}
	for _, s := range w.sets {
		for fd := range s.fds {
			fds = append(fds, pollfd{fd: int32(fd), events: pollIn})
		}
	}
	return fds
}

// tell looks at every held process once more under the lock: a descriptor that poll saw may be another's by now.
func (w *watcher) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, s := range w.sets {
		for fd, pid := range s.fds {
			if !hasEnded(fd) {
				continue
			}
			closeFd(fd)
			delete(s.fds, fd)
			say(event{Event: "ended", ID: id, Pid: pid})
		}
		if len(s.fds) == 0 {
			delete(w.sets, id)
			say(event{Event: "gone", ID: id})
		}
	}
}

func hasEnded(fd int) bool {
	one := pollfd{fd: int32(fd), events: pollIn}
	n, _, errno := syscall.Syscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&one)), 1, 0)
	return errno == 0 && n == 1 && one.revents&pollIn != 0
}
