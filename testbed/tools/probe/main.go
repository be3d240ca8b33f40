// Command probe is the only program of the images that the test bed's own tests run in pods.
//
//	probe serve          HTTP on :8080 (/ the host name, /heard what came by UDP, one text a line), UDP on :8080
//	probe get URL        prints what an HTTP server answers within a second
//	probe tell ADDR TEXT sends a UDP packet
//	probe resolve NAME   prints the addresses of a name
//	probe id PATH        prints the process's user and the path's group
//	probe cat PATH
//
// With a folder /data, serve appends a line to /data/starts.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func countStart() {
	if _, err := os.Stat("/data"); err != nil {
		return
	}
	f, err := os.OpenFile("/data/starts", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	check(err)
	_, err = fmt.Fprintln(f, time.Now().UTC().Format(time.RFC3339Nano))
	check(err)
	check(f.Close())
}

func serve() {
	countStart()
	var lock sync.Mutex
	var heard []string
	packets, err := net.ListenPacket("udp4", ":8080")
	check(err)
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, _, err := packets.ReadFrom(buffer)
			check(err)
			lock.Lock()
			heard = append(heard, string(buffer[:n]))
			lock.Unlock()
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		name, _ := os.Hostname()
		fmt.Fprintln(w, name)
	})
	http.HandleFunc("/heard", func(w http.ResponseWriter, _ *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		fmt.Fprintln(w, strings.Join(heard, "\n"))
	})
	go func() { check(http.ListenAndServe(":8080", nil)) }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}

func get(url string) {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get(url)
	check(err)
	defer answer.Body.Close()
	_, err = io.Copy(os.Stdout, answer.Body)
	check(err)
}

func tell(address, text string) {
	connection, err := net.Dial("udp4", address)
	check(err)
	_, err = connection.Write([]byte(text))
	check(err)
}

func id(path string) {
	var stat syscall.Stat_t
	check(syscall.Stat(path, &stat))
	fmt.Println(os.Getuid(), stat.Gid)
}

func cat(path string) {
	text, err := os.ReadFile(path)
	check(err)
	os.Stdout.Write(text)
}

func resolve(name string) {
	addresses, err := net.LookupHost(name)
	check(err)
	fmt.Println(strings.Join(addresses, "\n"))
}

func main() {
	args := append(os.Args[1:], "", "", "")
	switch args[0] {
	case "serve":
		serve()
	case "get":
		get(args[1])
	case "tell":
		tell(args[1], args[2])
	case "resolve":
		resolve(args[1])
	case "id":
		id(args[1])
	case "cat":
		cat(args[1])
	default:
		check(fmt.Errorf("unknown command %q", args[0]))
	}
}
