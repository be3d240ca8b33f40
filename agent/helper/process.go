package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// Numbers of the calls on every architecture of Linux.
const (
	sysPidfdSendSignal = 424
	sysPidfdOpen       = 434
)

const (
	clockMonotonic = 1
	clockBoottime  = 7
)

// process is one process by its id and start time.
type process struct {
	pid       int
	startTime string
}

// parse reads "pid:starttime,..."; an empty text names no process.
func parse(text string) ([]process, error) {
	if text == "" {
		return nil, nil
	}
	var found []process
	for _, entry := range strings.Split(text, ",") {
		number, startTime, ok := strings.Cut(entry, ":")
		pid, err := strconv.Atoi(number)
		if !ok || err != nil || pid < 1 || startTime == "" {
			return nil, fmt.Errorf("%q names no process", entry)
		}
		found = append(found, process{pid, startTime})
	}
	return found, nil
}

func pidfdOpen(pid int) (int, error) {
	for {
		fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return -1, errno
		}
		return int(fd), nil
	}
}

func closeFd(fd int) { _ = syscall.Close(fd) }

// hold opens the process. Start time and descriptor belong together: the id was this process's when the start time was
// read, so also at the opening before it. gone: it has ended, or its id is another's.
func (p process) hold() (fd int, gone bool, err error) {
	fd, err = pidfdOpen(p.pid)
	if err == syscall.ESRCH || err == syscall.EINVAL {
		return -1, true, nil
	}
	if err != nil {
		return -1, false, fmt.Errorf("pidfd_open %d: %w", p.pid, err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if os.IsNotExist(err) || err != nil && strings.Contains(err.Error(), syscall.ESRCH.Error()) {
		closeFd(fd)
		return -1, true, nil
	}
	if err != nil {
		closeFd(fd)
		return -1, false, err
	}
	if startTimeOf(string(stat)) != p.startTime {
		closeFd(fd)
		return -1, true, nil
	}
	return fd, false, nil
}

// startTimeOf reads field 22 of /proc/<pid>/stat; the name in parentheses may hold blanks and parentheses itself.
func startTimeOf(stat string) string {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}

// killAll sends SIGKILL to each that still lives; one that cannot be killed does not save the others.
func killAll(text string) error {
	processes, err := parse(text)
	if err != nil {
		return err
	}
	var first error
	for _, p := range processes {
		if err := p.kill(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (p process) kill() error {
	fd, gone, err := p.hold()
	if gone || err != nil {
		return err
	}
	defer closeFd(fd)
	_, _, errno := syscall.Syscall6(sysPidfdSendSignal, uintptr(fd), uintptr(syscall.SIGKILL), 0, 0, 0, 0)
	if errno != 0 && errno != syscall.ESRCH {
		return fmt.Errorf("pidfd_send_signal %d: %w", p.pid, errno)
	}
	return nil
}

// clocks returns CLOCK_MONOTONIC and CLOCK_BOOTTIME in ms.
func clocks() (monotonic, boottime float64) {
	return clock(clockMonotonic), clock(clockBoottime)
}

func clock(which uintptr) float64 {
	var t syscall.Timespec
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, which, uintptr(unsafe.Pointer(&t)), 0)
	return float64(t.Sec)*1e3 + float64(t.Nsec)/1e6
}
