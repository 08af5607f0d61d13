"""The speed claims, each side by side in one run with what a user would pick instead: `python -m benchmarks`."""
