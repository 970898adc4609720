"""From `cargo metadata` to one line for each package that has features: its name, then their names."""

import json
import sys

for package in json.load(sys.stdin)["packages"]:
    features = sorted(set(package["features"]) - {"default"})
    if features:
        print(package["name"], *features)
