// A guest of the standard Go compiler, without a library: a reactor whose runtime sleeps, collects garbage and
// switches between goroutines.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

//go:wasmimport http_handler get_uri
func getURI(buf unsafe.Pointer, limit uint32) uint32

//go:wasmimport http_handler read_body
func readBody(kind uint32, buf unsafe.Pointer, limit uint32) uint64

//go:wasmimport http_handler write_body
func writeBody(kind uint32, body unsafe.Pointer, length uint32)

//go:wasmimport http_handler set_header_value
func setHeaderValue(kind uint32, name unsafe.Pointer, nameLen uint32, value unsafe.Pointer, valueLen uint32)

//go:wasmimport http_handler set_status_code
func setStatusCode(status uint32)

//go:wasmimport http_handler log
func log(level int32, message unsafe.Pointer, length uint32)

const (
	request  = 0
	response = 1
)

var ready bool

// Runs in _initialize.
func init() { ready = true }

func main() {}

//go:wasmexport handle_request
func handleRequest() uint64 {
	if !ready {
		panic("handle_request came before _initialize")
	}
	uri := make([]byte, 8192)
	uri = uri[:min(getURI(ptr(uri), 8192), 8192)]
	switch path, _, _ := strings.Cut(string(uri), "?"); path {
	case "/language/text":
		respond(200, "hello from Go")
	case "/language/sleep":
		time.Sleep(5 * time.Millisecond)
		select {
		case <-time.After(time.Millisecond):
			respond(200, "slept")
		case <-time.After(time.Hour):
			respond(500, "slept for an hour")
		}
	case "/language/garbage":
		sum := 0
		for i := range 64 {
			piece := make([]byte, 1<<20)
			piece[i] = byte(i)
			sum += int(piece[i])
			runtime.KeepAlive(piece)
		}
		respond(200, fmt.Sprint("garbage ", sum))
	case "/language/tasks":
		respond(200, tasks())
	case "/language/json":
		respond(jsonOf(body()))
	case "/language/print":
		fmt.Println("to stdout")
		fmt.Fprintln(os.Stderr, "to stderr")
		message := []byte("through log")
		log(0, ptr(message), uint32(len(message)))
		respond(200, "printed")
	case "/language/files":
		_, err := os.ReadFile("/etc/passwd")
		respond(200, fmt.Sprint(errors.Is(err, os.ErrNotExist) || err != nil, " ", len(os.Args), " ", len(os.Environ())))
	case "/language/trap":
		defer func() {
			respond(200, fmt.Sprint("recovered: ", recover()))
		}()
		var nothing map[string]int
		nothing["a"] = 1
	case "/language/exit":
		os.Exit(3)
	default:
		set(request, "x-language", "go")
		return 1
	}
	return 0
}

//go:wasmexport handle_response
func handleResponse(ctx, isError uint32) {}

// A hundred goroutines that wait for each other.
func tasks() string {
	var group sync.WaitGroup
	var mutex sync.Mutex
	numbers := make(chan int)
	total := 0
	for range 100 {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				mutex.Lock()
				total += number
				mutex.Unlock()
				runtime.Gosched()
			}
		}()
	}
	for number := range 1000 {
		numbers <- number
	}
	close(numbers)
	group.Wait()
	return fmt.Sprint("total ", total)
}

func jsonOf(body []byte) (uint32, string) {
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		return 400, err.Error()
	}
	value["seen"] = len(value)
	text, err := json.Marshal(value)
	if err != nil {
		return 500, err.Error()
	}
	return 200, string(text)
}

func body() []byte {
	var all []byte
	buf := make([]byte, 1024)
	for {
		result := readBody(request, ptr(buf), uint32(len(buf)))
		all = append(all, buf[:uint32(result)]...)
		if result>>32 == 1 {
			return all
		}
	}
}

func respond(status uint32, text string) {
	set(response, "x-language", "go")
	set(response, "content-type", "text/plain")
	setStatusCode(status)
	body := []byte(text)
	writeBody(response, ptr(body), uint32(len(body)))
}

func set(kind uint32, name, value string) {
	n, v := []byte(name), []byte(value)
	setHeaderValue(kind, ptr(n), uint32(len(n)), ptr(v), uint32(len(v)))
}

func ptr(bytes []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(bytes)) }
