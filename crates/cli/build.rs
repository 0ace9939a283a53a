//! How the binary is linked.

// A build script's inputs are its environment and its tools.
#![allow(clippy::disallowed_methods)]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    println!("cargo::rustc-check-cfg=cfg(bare_main)");
    if target("OS") != "linux" || target("ENV") != "gnu" {
        return;
    }
    // `main` is C's, without Rust's own start; the C library hands out the arguments all the same.
    println!("cargo::rustc-cfg=bare_main");
    // At a fixed address, as Debian's python3 is: tens of thousands of pointers in constant data would otherwise be
    // written anew at each start, a tenth of its time. Stack, heap and libraries keep their random addresses.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // Development builds have other functions, and should link soon.
    let optimised = env::var("PROFILE").is_ok_and(|p| p == "release");
    order(optimised && target("ARCH") == "x86_64");
    // A shared library takes its part of a start: what unwinds the stack goes into the binary where there is an archive.
    if env::var("HOST") == env::var("TARGET") && has("libgcc_eh.a") {
        println!("cargo::rustc-link-lib=dylib=gcc_eh");
    }
}

/// Has what a start runs put together (`start.order`, which `bench/order` makes): the system maps sixteen pages around each
/// that is touched, so that it maps a million bytes instead of five, with a quarter of the faults.
fn order(known: bool) {
    println!("cargo::rerun-if-changed=start.order");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    // Another linker than rustc's own choice, or GNU's, may not know the form of script that adds to its own.
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if !known || env::var_os("RUSTC_LINKER").is_some() || flags.contains("link") {
        return;
    }
    let names = include_str!("start.order");
    let mut script = String::from("SECTIONS {\n  .text.start : {\n");
    for name in names.lines() {
        script.push_str(&format!("    *(.text.{name} .text.unlikely.{name})\n"));
    }
    script.push_str("  }\n} INSERT BEFORE .text;\n");
    let path = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("start.ld");
    std::fs::write(&path, script).expect("OUT_DIR can be written");
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", path.display());
}

/// Whether the linker's driver finds the archive.
fn has(archive: &str) -> bool {
    let said = Command::new("cc").arg(format!("-print-file-name={archive}")).output();
    said.is_ok_and(|said| Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_absolute())
}
