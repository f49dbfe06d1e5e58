"""The parts of `benches/run_reliability.py`."""
