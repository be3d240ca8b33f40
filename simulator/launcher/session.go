package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// hello asks for a session of ttIsql in the daemon (simulator/daemon/isql.ts).
type hello struct {
	Op   string   `json:"op"`
	Argv []string `json:"argv"`
	Pid  int      `json:"pid"`
	Cwd  string   `json:"cwd"`
}

// said is what the session sends: one of these.
type said struct {
	Ready bool      `json:"ready"`
	Out   string    `json:"out"`
	Err   string    `json:"err"`
	Exit  *int      `json:"exit"`
	Error *struct{} `json:"error"`
}

// lost is what ttIsql says when the database has gone away under it (simulator/shared/errors.ts, 994).
const lost = "994: Database connection terminated. Please reconnect.\nThe command failed.\n"

// session carries a ttIsql that lives in the daemon; false: there is none, and nothing was read from standard input.
func session(argv []string) (int, bool) {
	socket, err := dial()
	if err != nil {
		return 0, false
	}
	defer socket.Close()
	cwd, _ := os.Getwd()
	to, from := json.NewEncoder(socket), json.NewDecoder(bufio.NewReader(socket))
	var first said
	if to.Encode(hello{Op: "isql", Argv: argv, Pid: os.Getpid(), Cwd: cwd}) != nil || from.Decode(&first) != nil || !first.Ready {
		return 0, false
	}
	var unanswered atomic.Bool
	inputEnded := make(chan struct{})
	go func() {
		carryInput(to, &unanswered)
		close(inputEnded)
	}()
	for {
		var one said
		if err := from.Decode(&one); err != nil {
			// As ttIsql does when a database dies: what is under way fails, and so does whatever is asked from now on.
			if unanswered.Load() {
				os.Stdout.WriteString(lost)
			}
			<-inputEnded
			return 0, true
		}
		unanswered.Store(false)
		os.Stdout.WriteString(one.Out)
		os.Stderr.WriteString(one.Err)
		if one.Exit != nil {
			return *one.Exit, true
		}
	}
}

// carryInput sends standard input line by line, and its end.
func carryInput(to *json.Encoder, unanswered *atomic.Bool) {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if line != "" || err == nil {
			unanswered.Store(true)
			if to.Encode(map[string]string{"line": line}) != nil {
				if ends(line) {
					return
				}
				os.Stdout.WriteString(lost)
			}
		}
		if err != nil {
			to.Encode(map[string]bool{"end": true})
			return
		}
	}
}

func ends(line string) bool {
	word := strings.ToLower(strings.TrimRight(strings.TrimSpace(line), ";"))
	return word == "quit" || word == "exit"
}

func isTerminal(file *os.File) bool {
	var settings syscall.Termios
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&settings)))
	return failed == 0
}
