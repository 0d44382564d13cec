//! The policy files are part of the program: build anew when one of them changes.

fn main() {
    println!("cargo::rerun-if-changed=policies");
}
