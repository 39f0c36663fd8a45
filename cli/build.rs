//! Says where the folders are that the tool has inside, and rebuilds it when a file is added or removed
//! there; that a file's text changed is seen by the compiler itself.

use std::env;
use std::path::PathBuf;

fn main() {
    let this = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    for folder in ["conformance", "templates"] {
        // In the repository they lie beside this crate. In a package they are inside of it, because
        // `cargo package` follows the links here, which git for Windows may check out as text.
        let beside = this.join("..").join(folder);
        let found = if beside.is_dir() { beside } else { this.join(folder) };
        println!("cargo::rerun-if-changed={}", found.display());
        println!("cargo::rustc-env=FOLDER_{}={}", folder.to_uppercase(), found.display());
    }
}
