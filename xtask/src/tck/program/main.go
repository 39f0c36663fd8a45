// The official conformance tests of the ABI (TCK), against a server that this program starts.
//
// The server is `SERVE serve GUEST --upstream URL`, with the TCK's own guest and its own backend;
// the first line that it prints is its URL. The output is that of `go test -v`.
package main

import (
	"bufio"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/http-wasm/http-wasm-host-go/tck"
)

func main() {
	serve := flag.String("serve", "", "the program that serves guests")
	testing.Main(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TCK", F: func(t *testing.T) { run(t, *serve) }}},
		nil, nil,
	)
}

func run(t *testing.T, serve string) {
	backend := tck.StartBackend("")
	t.Cleanup(backend.Close)
	guest := filepath.Join(t.TempDir(), "tck.wasm")
	if err := os.WriteFile(guest, tck.GuestWASM, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(serve, "serve", guest, "--upstream", backend.URL)
	server.Stderr = os.Stderr
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	// Runs when all cases have ended, which run after this function has.
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	url, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	t.Run("HTTP/1.1", func(t *testing.T) {
		tck.Run(t, http.DefaultClient, strings.TrimSpace(url))
	})
}
