"""What is free in the middle of the C library's heap goes back to the system."""

import ctypes
import subprocess
import sys

import pytest

HOLES = """
from pathlib import Path
from app.telemetry.heap import give_back, keep_together

def resident_mb():
    row = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(row.split()[1]) / 1024

keep_together()
kept = [bytes(2_000) for _ in range(40_000)]
del kept[1:20_000], kept[2:-1]
full = resident_mb()
give_back()
print(full - resident_mb())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not GNU's")
def test_holes_between_what_stays_are_given_back() -> None:
    ran = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=60)
    assert float(ran.stdout) > 30.0
