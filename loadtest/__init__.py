"""Load generation: benchmarks and long runs. No part of the package."""
