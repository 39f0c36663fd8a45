// What the official Go host costs per request, measured in this process and without a network: a
// handler that answers the same response each time, alone and with a chain of guests around it.
//
// It writes JSON lines to standard output, one for each case and round:
// {"case", "round", "chain", "body", "iterations", "ns_per_request", "allocs_per_request",
// "bytes_per_request"}; the cases are "alone" and "guest".
//
// With -serve it is a server of the same handler instead, which others load: it writes its URL to
// standard output, and ends when it is killed.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/http-wasm/http-wasm-host-go/handler"
	wasm "github.com/http-wasm/http-wasm-host-go/handler/nethttp"
)

type settings struct {
	guest, config string
	chain         int
	body          int
	iterations    int
	warmUp        int
	rounds        int
}

func main() {
	var s settings
	flag.StringVar(&s.guest, "guest", "", "the guest, a .wasm file")
	flag.StringVar(&s.config, "config", "", "what the guest reads as its config; none if empty")
	flag.IntVar(&s.chain, "chain", 1, "how many guests are around the handler, one around the other")
	flag.IntVar(&s.body, "body", 0, "how many bytes the bodies of request and response have")
	flag.IntVar(&s.iterations, "iterations", 20_000, "requests in a round")
	flag.IntVar(&s.warmUp, "warm-up", 2_000, "requests before the first round")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each case, in turn")
	serve := flag.Bool("serve", false, "serve on loopback; without guests if -chain is 0")
	cpus := flag.Int("cpus", 1, "GOMAXPROCS; with 1 the garbage collector has no other processor")
	flag.Parse()
	runtime.GOMAXPROCS(*cpus)
	run := s.run
	if *serve {
		run = s.serve
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func (s settings) run() error {
	if s.guest == "" || s.chain < 1 || s.body < 0 || s.iterations < 1 || s.rounds < 1 {
		return fmt.Errorf("wanted -guest FILE, and numbers of at least 1 (-body: 0)")
	}
	alone := answers(s.body)
	guarded, err := s.guard(alone)
	if err != nil {
		return err
	}
	cases := []struct {
		name    string
		handler http.Handler
	}{{"alone", alone}, {"guest", guarded}}
	client := newClient(s.body)
	for _, c := range cases {
		if err := client.check(c.handler); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		client.send(c.handler, s.warmUp)
	}
	out := json.NewEncoder(os.Stdout)
	for round := 1; round <= s.rounds; round++ {
		for _, c := range cases {
			cost := client.measure(c.handler, s.iterations)
			cost.Case, cost.Round, cost.Chain, cost.Body = c.name, round, s.chain, s.body
			if err := out.Encode(cost); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s settings) serve() error {
	if s.chain < 0 || s.body < 0 || s.guest == "" && s.chain > 0 {
		return fmt.Errorf("wanted -chain 0, or -guest FILE; and -body of at least 0")
	}
	handler := answers(s.body)
	if s.chain > 0 {
		var err error
		if handler, err = s.guard(handler); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, handler)
}

// guard puts the guests around a handler; each has a runtime of its own, as in a real chain.
func (s settings) guard(inner http.Handler) (http.Handler, error) {
	ctx := context.Background()
	guest, err := os.ReadFile(s.guest)
	if err != nil {
		return nil, err
	}
	var options []handler.Option
	if s.config != "" {
		options = append(options, handler.GuestConfig([]byte(s.config)))
	}
	for range s.chain {
		middleware, err := wasm.NewMiddleware(ctx, guest, options...)
		if err != nil {
			return nil, err
		}
		inner = middleware.NewHandler(ctx, inner)
	}
	return inner, nil
}

// answers reads the request's body and answers with four headers and a body of this size.
func answers(size int) http.Handler {
	body := bytes.Repeat([]byte{'y'}, size)
	length := strconv.Itoa(size)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		headers := w.Header()
		headers["Content-Type"] = []string{"text/plain; charset=utf-8"}
		headers["Content-Length"] = []string{length}
		headers["Cache-Control"] = []string{"no-store"}
		headers["X-Request-Id"] = []string{"0123456789abcdef"}
		w.WriteHeader(http.StatusOK)
		w.Write(body)
	})
}

// client prepares requests from one template and takes responses, with as little work of its own
// as can be.
type client struct {
	url     url.URL
	headers http.Header
	body    []byte
	reader  bytes.Reader
	request http.Request
	writer  writer
}

func newClient(size int) *client {
	headers := http.Header{}
	for _, header := range [][2]string{
		{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
		{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{"Accept-Language", "en-US,en;q=0.5"},
		{"Accept-Encoding", "gzip, deflate, br"},
		{"Referer", "https://example.test/before"},
		{"Cookie", "session=0123456789abcdef0123456789abcdef"},
		{"Content-Type", "text/plain"},
		{"X-Forwarded-For", "192.0.2.1"},
	} {
		headers[header[0]] = []string{header[1]}
	}
	return &client{
		url:     url.URL{Path: "/v1/items", RawQuery: "limit=10"},
		headers: headers,
		body:    bytes.Repeat([]byte{'x'}, size),
		writer:  writer{headers: http.Header{}},
	}
}

// prepare makes the request of the template anew: guests change what they are given.
func (c *client) prepare() {
	method := http.MethodGet
	if len(c.body) > 0 {
		method = http.MethodPost
	}
	headers := c.request.Header
	if headers == nil {
		headers = make(http.Header, len(c.headers))
	}
	clear(headers)
	for name, values := range c.headers {
		// No room behind it, so that adding a value cannot write into the template.
		headers[name] = values[:1:1]
	}
	c.reader.Reset(c.body)
	address := c.url
	c.request = http.Request{
		Method:        method,
		URL:           &address,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        headers,
		Body:          io.NopCloser(&c.reader),
		ContentLength: int64(len(c.body)),
		Host:          "example.test",
		RemoteAddr:    "192.0.2.1:1234",
		RequestURI:    "/v1/items?limit=10",
	}
	c.writer.reset()
}

func (c *client) send(h http.Handler, times int) {
	for range times {
		c.prepare()
		h.ServeHTTP(&c.writer, &c.request)
	}
}

// check sees to it that the guest does not trap, which the host answers with 500. All other responses
// are fine, also the 200 that a server sends where no status was written.
func (c *client) check(h http.Handler) error {
	c.send(h, 1)
	if c.writer.status >= http.StatusInternalServerError {
		return fmt.Errorf("found status %d, wanted one below 500: the guest trapped", c.writer.status)
	}
	return nil
}

type cost struct {
	Case       string  `json:"case"`
	Round      int     `json:"round"`
	Chain      int     `json:"chain"`
	Body       int     `json:"body"`
	Iterations int     `json:"iterations"`
	Time       float64 `json:"ns_per_request"`
	Allocs     float64 `json:"allocs_per_request"`
	Bytes      float64 `json:"bytes_per_request"`
}

func (c *client) measure(h http.Handler, times int) cost {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	c.send(h, times)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	n := float64(times)
	return cost{
		Iterations: times,
		Time:       float64(took.Nanoseconds()) / n,
		Allocs:     float64(after.Mallocs-before.Mallocs) / n,
		Bytes:      float64(after.TotalAlloc-before.TotalAlloc) / n,
	}
}

// writer takes a response and keeps nothing of it but its size.
type writer struct {
	headers http.Header
	status  int
	written int
}

func (w *writer) reset() {
	clear(w.headers)
	w.status, w.written = 0, 0
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.headers }

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *writer) Write(bytes []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.written += len(bytes)
	return len(bytes), nil
}
