//! Tells the loop whether calls at the end of a function are jumps (`cfg(tail_calls)`): when LLVM optimises fully, on
//! machines whose calling convention passes the loop's state in registers.

// A build script's inputs are its environment.
#![allow(clippy::disallowed_methods)]

fn main() {
    println!("cargo::rustc-check-cfg=cfg(tail_calls)");
    println!("cargo::rerun-if-changed=build.rs");
    let get = |name: &str| std::env::var(name).unwrap_or_default();
    let machine = matches!(get("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let convention = get("CARGO_CFG_TARGET_FAMILY").contains("unix");
    if get("OPT_LEVEL") == "3" && machine && convention {
        println!("cargo::rustc-cfg=tail_calls");
    }
}
