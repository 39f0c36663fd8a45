//! Rebuilds the tool when a file is added to or removed from `templates/`; that a file's text
//! changed is seen by the compiler itself.

fn main() {
    println!("cargo::rerun-if-changed=../templates");
}
