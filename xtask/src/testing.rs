//! What tests share: where tools are installed, and a guest that leaves a mark.

use std::path::{Path, PathBuf};

use cargo_http_wasm::project::Project;
use http_wasm_testkit::guest;

/// A guest that adds `x-guest: yes` to the response and forwards the request.
pub(crate) fn guest() -> Vec<u8> {
    let text = guest::module(
        r#"
  (data (i32.const 0) "x-guestyes")
  (func (export "handle_request") (result i64)
    (call $add_header_value (i32.const 1) (i32.const 0) (i32.const 7) (i32.const 7) (i32.const 3))
    (i64.const 1))"#,
    );
    wat::parse_str(text).unwrap()
}

/// The folder that this repository installs its tools in.
pub(crate) fn tools() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    Project::locate(Some(&manifest)).unwrap().target_dir.join("tools")
}
