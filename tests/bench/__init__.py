"""``make bench``: how fast we are, in ratios taken in one run. See ``docs/benchmarks.md``."""
