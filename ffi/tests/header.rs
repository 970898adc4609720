//! `include/flete.h` matches the code. To write it again: `FLETE_HEADER=write cargo test -p flete-ffi --test header`.

use std::path::Path;

#[test]
fn the_checked_in_header_is_what_the_code_says() {
    let ffi = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = ffi.join("../include/flete.h");
    let config = cbindgen::Config::from_file(ffi.join("cbindgen.toml")).unwrap();
    // The file alone: with the whole crate, cbindgen would ask cargo for every dependency.
    let bindings = cbindgen::Builder::new().with_config(config).with_src(ffi.join("src/lib.rs")).generate().unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    let version = env!("CARGO_PKG_VERSION");
    let number = version.split('.').fold(0, |number, part| number * 100 + part.parse::<u32>().unwrap());
    let made = without_safety(&String::from_utf8(text).unwrap())
        .replace("@VERSION@", version)
        .replace("@VERSION_NUMBER@", &number.to_string());
    for line in made.lines() {
        assert!(line.chars().count() <= 110, "a line of the header is too long: {line}");
    }
    if std::env::var_os("FLETE_HEADER").is_some_and(|what| what == "write") {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "include/flete.h is stale: FLETE_HEADER=write cargo test -p flete-ffi --test header");
}

/// Leaves out the `# Safety` sections, which are for Rust: the text above them says the same for C.
fn without_safety(header: &str) -> String {
    let mut lines = Vec::new();
    let mut skipping = false;
    for line in header.lines() {
        match line.trim() {
            "* # Safety" => {
                skipping = true;
                // The empty line before it.
                if lines.last() == Some(&" *") {
                    lines.pop();
                }
            }
            "*/" => skipping = false,
            _ => {}
        }
        if !skipping {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}
