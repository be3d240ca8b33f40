// Command tthelper does for guard and witness what Node cannot: it holds processes by pidfd, so that their end is seen
// at once and a signal never meets another process of the same number, and it reads both of the kernel's clocks.
//
// It is spoken to over standard input and answers on standard output, one JSON object per line. It ends with its input.
//
//	{"op":"watch","id":"7","processes":"12:3456,13:3460"}   ->  {"event":"ended","id":"7","pid":12} for each,
//	                                                            {"event":"gone","id":"7"} when all have ended
//	{"op":"unwatch","id":"7"}
//	{"op":"kill","id":"8","processes":"12:3456"}            ->  {"event":"killed","id":"8"} when SIGKILL was sent to all
//	{"op":"clocks","id":"9"}                                ->  {"event":"clocks","id":"9","monotonicMs":..,"boottimeMs":..}
//
// A process is named by its id and start time (field 22 of /proc/<pid>/stat). {"event":"ready"} comes first;
// {"event":"failed","id":..,"error":..} is the answer to what cannot be done.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

type request struct {
	Op        string `json:"op"`
	ID        string `json:"id"`
	Processes string `json:"processes"`
}

type event struct {
	Event       string  `json:"event"`
	ID          string  `json:"id,omitempty"`
	Pid         int     `json:"pid,omitempty"`
	Error       string  `json:"error,omitempty"`
	MonotonicMs float64 `json:"monotonicMs,omitempty"`
	BoottimeMs  float64 `json:"boottimeMs,omitempty"`
}

// Longest line that is read, bytes.
const maxLine = 1 << 20

var output sync.Mutex

// say writes one line; without a reader there is nobody left to work for.
func say(e event) {
	output.Lock()
	defer output.Unlock()
	line, _ := json.Marshal(e)
	if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
		os.Exit(0)
	}
}

func handle(w *watcher, r request) {
	switch r.Op {
	case "watch":
		if err := w.watch(r.ID, r.Processes); err != nil {
			say(event{Event: "failed", ID: r.ID, Error: err.Error()})
		}
	case "unwatch":
		w.unwatch(r.ID)
	case "kill":
		if err := killAll(r.Processes); err != nil {
			say(event{Event: "failed", ID: r.ID, Error: err.Error()})
		} else {
			say(event{Event: "killed", ID: r.ID})
		}
	case "clocks":
		monotonic, boottime := clocks()
		say(event{Event: "clocks", ID: r.ID, MonotonicMs: monotonic, BoottimeMs: boottime})
	default:
		say(event{Event: "failed", ID: r.ID, Error: fmt.Sprintf("no such op %q", r.Op)})
	}
}

func main() {
	// A kernel or a sandbox without these calls is found out before anybody relies on us.
	fd, err := pidfdOpen(os.Getpid())
	if err != nil {
		say(event{Event: "failed", Error: "pidfd_open: " + err.Error()})
		os.Exit(1)
	}
	closeFd(fd)
	w, err := newWatcher()
	if err != nil {
		say(event{Event: "failed", Error: err.Error()})
		os.Exit(1)
	}
	go w.run()
	say(event{Event: "ready"})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			say(event{Event: "failed", Error: "no JSON: " + err.Error()})
			continue
		}
		handle(w, r)
	}
}
