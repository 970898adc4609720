//! How the shared library is linked. The header isn't made here but checked by `tests/header.rs`: a build should
//! not write into its own sources.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let env = std::env::var("CARGO_CFG_TARGET_ENV").unwrap_or_default();
    if matches!(os.as_str(), "linux" | "android" | "freebsd") {
        // The soname goes up only when a function changes or goes: `flete_abi_version` in src/lib.rs.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libflete.so.0");
        // A host that unloads a library whose threads or thread-locals still live crashes.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,now");
        if env == "gnu" {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-z,defs");
        }
    }
}
