module http-wasm-sdk/wire

go 1.24.0

require (
	github.com/http-wasm/http-wasm-host-go v0.7.0
	github.com/tetratelabs/wazero v1.9.0
)
