"""``make bench``: measure, print a table, compare with the last run, keep the numbers.

The numbers go to ``.bench/results.json``: ``{name: {"value": number, "unit": text}}``.
"""

import importlib
import json
import os
import sys
from pathlib import Path

RESULTS = Path(".bench/results.json")
SUITES = ("decisions", "embedded", "aws")
SHARED_WITH_TESTS = Path(__file__).resolve().parents[1]


def main(suites):
    """Run the suites; the machine's last core is ours, the first the server's."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count())))
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results = dict(before)
    sys.path.append(str(SHARED_WITH_TESTS))
    for suite in suites:
        for name, value, unit in importlib.import_module(suite).measure():
            results[name] = {"value": round(value, 4), "unit": unit}
            print(_line(name, value, unit, before.get(name)), flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def _line(name, value, unit, before):
    line = f"{name:<42} {value:>12.3f} {unit:<4}"
    if before and before["value"]:
        line += f"  {value / before['value']:.2f} of the last run"
    return line


if __name__ == "__main__":
    main(sys.argv[1:] or SUITES)
