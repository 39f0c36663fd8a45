// The official Go host as a program: one guest in a net/http server, in front of an upstream.
//
// It writes JSON lines to standard error. The first one is {"listening": ADDRESS}; then each
// message of the guest as {"level", "message"}, what it prints as {"stdout"} and {"stderr"},
// {"trap"} when it traps in its response hook, and {"done": true} whenever a request has been
// served to its end, whatever that end was.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/http-wasm/http-wasm-host-go/api"
	"github.com/http-wasm/http-wasm-host-go/handler"
	wasm "github.com/http-wasm/http-wasm-host-go/handler/nethttp"
	"github.com/tetratelabs/wazero"
)

func main() {
	guest := flag.String("guest", "", "the guest, a .wasm file")
	config := flag.String("config-file", "", "the file whose bytes the guest reads as its config; none if empty")
	upstream := flag.String("upstream", "", "where requests go that the guest forwards, http://host:port")
	level := flag.Int("log-level", int(api.LogLevelDebug), "messages below this level are not logged; -1 debug to 3 none")
	initialize := flag.Bool("initialize", false, "call _initialize after _start, as Traefik does")
	env, dirs := pairs{}, pairs{}
	flag.Var(&env, "env", "an environment variable of the guest, NAME=VALUE; may be repeated")
	flag.Var(&dirs, "dir", "a folder that the guest can read, NAME=FOLDER; may be repeated")
	listen := flag.String("listen", "127.0.0.1:0", "where to listen; port 0 lets the system choose")
	flag.Parse()
	if err := serve(*guest, *config, *upstream, *listen, surroundings(env, dirs, *initialize), api.LogLevel(*level)); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// pairs are names and values that are given one after the other.
type pairs [][2]string

// String implements flag.Value.
func (p *pairs) String() string { return fmt.Sprint(*p) }

// Set implements flag.Value.
func (p *pairs) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("found %q, wanted NAME=VALUE", text)
	}
	*p = append(*p, [2]string{name, value})
	return nil
}

// surroundings are what the guest is given besides requests, and which of its functions are called first.
func surroundings(env, dirs pairs, initialize bool) wazero.ModuleConfig {
	module := wazero.NewModuleConfig()
	for _, pair := range env {
		module = module.WithEnv(pair[0], pair[1])
	}
	if len(dirs) > 0 {
		folders := wazero.NewFSConfig()
		for _, pair := range dirs {
			folders = folders.WithReadOnlyDirMount(pair[1], pair[0])
		}
		module = module.WithFSConfig(folders)
	}
	if initialize {
		module = module.WithStartFunctions("_start", "_initialize")
	}
	return module
}

func serve(guestFile, configFile, upstream, listen string, module wazero.ModuleConfig, level api.LogLevel) error {
	ctx := context.Background()
	target, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	if target.Scheme == "" || target.Host == "" {
		return fmt.Errorf("-upstream is %q, wanted http://host:port", upstream)
	}
	guest, err := os.ReadFile(guestFile)
	if err != nil {
		return err
	}
	lines := &lines{out: os.Stderr, level: level}
	module = module.WithStdout(printed{lines, "stdout"}).WithStderr(printed{lines, "stderr"})
	options := []handler.Option{handler.Logger(lines), handler.ModuleConfig(module)}
	if configFile != "" {
		config, err := os.ReadFile(configFile)
		if err != nil {
			return err
		}
		options = append(options, handler.GuestConfig(config))
	}
	middleware, err := wasm.NewMiddleware(ctx, guest, options...)
	if err != nil {
		return err
	}
	guarded := middleware.NewHandler(ctx, proxy(target))
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	lines.write(map[string]any{"listening": listener.Addr().String()})
	// No ServeMux: it would answer paths such as //a by itself, with a redirect.
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Also when the guest traps in its response hook, which the host turns into a panic.
		defer lines.write(map[string]any{"done": true})
		defer func() {
			if reason := recover(); reason != nil {
				lines.write(map[string]any{"trap": fmt.Sprint(reason)})
				panic(reason)
			}
		}()
		guarded.ServeHTTP(w, r)
	}))
}

// proxy hands requests on as they are; what the standard library's proxy takes out or adds on its
// own is undone.
func proxy(target *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = target.Scheme
			r.Out.URL.Host = target.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if values, ok := r.In.Header[name]; ok {
					r.Out.Header[name] = values
				}
			}
			// The one map that is filled when the body has been read; the copy stays empty.
			r.Out.Trailer = r.In.Trailer
		},
		Transport: &http.Transport{DisableCompression: true},
		ErrorLog:  log.New(os.Stderr, "proxy: ", 0),
	}
}

// lines writes JSON, one value on a line, and is the guest's logger.
type lines struct {
	mutex sync.Mutex
	out   io.Writer
	level api.LogLevel
}

func (l *lines) write(value map[string]any) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.out.Write(append(line, '\n'))
}

// printed is one of the streams that a guest may write to through WASI.
type printed struct {
	lines *lines
	name  string
}

// Write implements io.Writer.
func (p printed) Write(text []byte) (int, error) {
	p.lines.write(map[string]any{p.name: string(text)})
	return len(text), nil
}

// IsEnabled implements api.Logger.
func (l *lines) IsEnabled(level api.LogLevel) bool {
	return level >= l.level && level < api.LogLevelNone
}

// Log implements api.Logger.
func (l *lines) Log(_ context.Context, level api.LogLevel, message string) {
	l.write(map[string]any{"level": level, "message": message})
}
