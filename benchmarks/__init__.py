"""Where the README's speed figures come from: ``python -m benchmarks [--quick] [--out FOLDER] [table ...]``."""
