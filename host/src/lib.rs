//! The reference host of the `http_handler` ABI.
#![forbid(unsafe_code)]
