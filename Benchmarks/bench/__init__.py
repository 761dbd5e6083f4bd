"""Measures OSDs under stock clients, ours against the stock one; Scripts/bench and Scripts/compare are its fronts."""
import pathlib
import signal
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Clusters are those of the integration tests.
sys.path.insert(0, str(ROOT / "Tests/ClusterTests"))
# Who is told to end stops its cluster first.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
