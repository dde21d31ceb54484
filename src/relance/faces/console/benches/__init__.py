"""Benchmarks, one file each; each offers `BENCH(size) -> dict` and times the bare floor in the same run."""
