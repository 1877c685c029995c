"""Benchmarks: one module `bench_*.py` each, with `async def run() -> list[Measure]`. See docs/reference/benchmarks.md."""
