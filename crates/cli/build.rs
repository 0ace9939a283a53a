//! How the binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // At a fixed address, as Debian's python3 is: tens of thousands of pointers in constant data would otherwise be
    // written anew at each start, a tenth of its time. Stack, heap and libraries keep their random addresses.
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
