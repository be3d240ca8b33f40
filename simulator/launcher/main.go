// Command ttsim starts a utility of the simulator as quickly as TimesTen's own start: those that only ask the daemon are
// done by the daemon itself, and so is a ttIsql that no person types into; everything else by the bundle under Node. TimesTen's utilities are small C programs; a Node
// for each would cost a tenth of a second of a processor.
//
//	ttsim NODE BUNDLE UTILITY [ARGUMENT...]
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// byDaemon are the utilities that the daemon runs.
var byDaemon = map[string]bool{"ttAdmin": true, "ttStatus": true}

// ofTerminal are arguments that make a utility read from its terminal.
var ofTerminal = map[string]bool{"-cacheuidpwdset": true}

const connectTimeout = 5 * time.Second

// maxSocketPath: a longer one lies elsewhere (simulator/shared/instance.ts).
const maxSocketPath = 103

type request struct {
	Op      string   `json:"op"`
	ID      int      `json:"id"`
	Utility string   `json:"utility"`
	Argv    []string `json:"argv"`
}

type answer struct {
	Stdout string    `json:"stdout"`
	Stderr string    `json:"stderr"`
	Code   int       `json:"code"`
	Error  *struct{} `json:"error"`
}

var errLost = errors.New("the connection to the daemon was lost")

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: ttsim NODE BUNDLE UTILITY [ARGUMENT...]")
		os.Exit(255)
	}
	utility, argv := os.Args[3], os.Args[4:]
	if utility == "ttIsql" && !isTerminal(os.Stdin) {
		if code, begun := session(argv); begun {
			os.Exit(code)
		}
	}
	if !byDaemon[utility] || readsTerminal(argv) {
		run()
	}
	told, err := ask(request{Op: "utility", ID: 1, Utility: utility, Argv: argv})
	if errors.Is(err, errLost) {
		// What was asked may have been done: it is not done a second time.
		told = &answer{Code: 1, Stderr: utility + ": Could not connect to the TimesTen daemon.\n" +
			"If the TimesTen daemon is not running, please start it\nby running \"ttDaemonAdmin -start\".\n"}
	} else if err != nil {
		run()
	}
	os.Stdout.WriteString(told.Stdout)
	os.Stderr.WriteString(told.Stderr)
	os.Exit(told.Code)
}

// run becomes the bundle under Node.
func run() {
	err := syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
	os.Exit(127)
}

func readsTerminal(argv []string) bool {
	for _, one := range argv {
		if ofTerminal[strings.ToLower(one)] {
			return true
		}
	}
	return false
}

func dial() (net.Conn, error) {
	path := filepath.Join(os.Getenv("TIMESTEN_HOME"), "info", "timestend.sock")
	if len(path) > maxSocketPath {
		return nil, errors.New("its socket lies elsewhere")
	}
	return net.DialTimeout("unix", path, connectTimeout)
}

// ask puts one question to the daemon of $TIMESTEN_HOME. An error other than errLost: nothing was asked.
func ask(question request) (*answer, error) {
	socket, err := dial()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	line, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	if _, err := socket.Write(append(line, '\n')); err != nil {
		return nil, errLost
	}
	text, err := bufio.NewReader(socket).ReadBytes('\n')
	if err != nil {
		return nil, errLost
	}
	var told answer
	if err := json.Unmarshal(text, &told); err != nil || told.Error != nil {
		// A daemon that does not know the question has done nothing.
		return nil, errors.New("not understood")
	}
	return &told, nil
}
