//! Rebuilds the tool when a file is added to or removed from the folders that it has inside; that a
//! file's text changed is seen by the compiler itself.

fn main() {
    println!("cargo::rerun-if-changed=../conformance");
    println!("cargo::rerun-if-changed=../templates");
}
