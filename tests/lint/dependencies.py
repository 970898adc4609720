"""What flete depends on, from `cargo metadata`: licences, sources, crates that aren't wanted, minimum Rust versions.

A small stand-in for `cargo deny`, which takes minutes to build. It knows no security advisories: before a release, run
`cargo audit` (RELEASING.md).
"""

import json
import re
import sys

# Licences that a program may link without taking on duties beyond their notice.
LICENCES = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
}  # fmt: skip
# Only tools that run while building or testing; nothing of them is in what users get.
TEST_LICENCES = {"MPL-2.0"}
# Crate → why it must not come in.
UNWANTED = {
    "openssl": "TLS is rustls: the library must not depend on the system's OpenSSL",
    "openssl-sys": "TLS is rustls: the library must not depend on the system's OpenSSL",
    "native-tls": "TLS is rustls: the library must not depend on the system's OpenSSL",
    "aws-lc-sys": "ring is the only cryptography: a second one doubles the size and the start",
}


def allowed(expression, licences):
    """Whether an SPDX expression can be met with these licences. `/` is an old way to write OR."""
    tokens = re.findall(r"[()]|[^\s()]+(?: WITH [^\s()]+)?", expression.replace("/", " OR "))
    words = {"(": "(", ")": ")", "AND": "and", "OR": "or"}
    # Only these six words reach `eval`.
    return eval(" ".join(words.get(token, str(token in licences)) for token in tokens))


def linked(metadata):
    """Ids of the packages that end up in a program that uses flete: normal dependencies, without tests and tools."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    todo = [key for key in metadata["workspace_members"] if names[key] in ("flete", "flete-ffi", "flete-python")]
    found = set()
    while todo:
        key = todo.pop()
        if key in found:
            continue
        found.add(key)
        for dependency in nodes[key]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                todo.append(dependency["pkg"])
    return found


def version(text):
    return tuple(int(part) for part in (text.split(".") + ["0", "0"])[:3])


metadata = json.load(sys.stdin)
members = set(metadata["workspace_members"])
packages = {package["id"]: package for package in metadata["packages"]}
product = linked(metadata)
minimum = next(p["rust_version"] for p in packages.values() if p["name"] == "flete")
problems = []
for key, package in packages.items():
    name = f"{package['name']} {package['version']}"
    licences = LICENCES if key in product else LICENCES | TEST_LICENCES
    if not allowed(package["license"] or "none", licences):
        problems.append(f"{name}: its licence, {package['license']}, is not in the list")
    if key not in members and not (package["source"] or "").startswith("registry+"):
        problems.append(f"{name}: comes from {package['source']}; only a registry is allowed")
    if key in product and package["name"] in UNWANTED:
        problems.append(f"{name}: {UNWANTED[package['name']]}")
    if key in product and version(package["rust_version"] or "1.0") > version(minimum):
        problems.append(f"{name}: needs Rust {package['rust_version']}; flete promises {minimum}")
print("\n".join(problems) or f"{len(product)} packages in the product, {len(packages)} with tools and tests: all allowed")
sys.exit(1 if problems else 0)
