// The official Go host in net/http servers, which also speak HTTP/2 without TLS to clients that know it before.
//
// Arguments are pairs of a guest's file and the URL of an upstream. For each a line with the address of its server is
// printed.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/http-wasm/http-wasm-host-go/handler"
	wasm "github.com/http-wasm/http-wasm-host-go/handler/nethttp"
	"github.com/tetratelabs/wazero"
)

func main() {
	pairs := os.Args[1:]
	for ; len(pairs) > 1; pairs = pairs[2:] {
		if err := serve(pairs[0], pairs[1]); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
	select {}
}

func serve(guestFile, upstream string) error {
	ctx := context.Background()
	target, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	guest, err := os.ReadFile(guestFile)
	if err != nil {
		return err
	}
	middleware, err := wasm.NewMiddleware(ctx, guest, handler.ModuleConfig(wazero.NewModuleConfig()))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := &http.Server{
		Handler:   middleware.NewHandler(ctx, proxy(target)),
		ErrorLog:  log.New(io.Discard, "", 0),
		Protocols: new(http.Protocols),
	}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	go server.Serve(listener)
	return nil
}

// proxy hands requests on as they are; what the standard library's proxy takes out or adds on its own is undone.
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
		ErrorLog:  log.New(io.Discard, "", 0),
	}
}
