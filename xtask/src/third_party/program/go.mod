module http-wasm-sdk/xtask/third_party

go 1.22.0

require (
	github.com/http-wasm/http-wasm-guest-tinygo v0.4.0
	github.com/http-wasm/http-wasm-host-go v0.7.0
)
