"""Add up the reports of several pytest runs and end with one line: N passed, N failed, N skipped.

    python tests/summary.py FOLDER SUITE ...

FOLDER holds SUITE.xml (junit) and SUITE.exit (the run's exit code) for each suite. Exit code 0 only if every
suite ran and passed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(report: Path) -> tuple[int, int, int]:
    """Passed, failed (errors with them) and skipped tests of one junit report."""
    # our own pytest wrote the report a moment ago
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed, skipped


def main(argv: list[str]) -> int:
    folder, sums, broken = Path(argv[0]), [0, 0, 0], 0
    for name in argv[1:]:
        report, code = folder / f"{name}.xml", folder / f"{name}.exit"
        exit_code = int(code.read_text() or 1) if code.exists() else 1
        numbers = count(report) if report.exists() else (0, 0, 0)
        sums = [a + b for a, b in zip(sums, numbers, strict=True)]
        # a run that crashed or found no tests has failed whatever its report says
        crashed = exit_code != 0 and numbers[1] == 0
        broken += bool(exit_code)
        passed, failed, skipped = numbers
        print(f"{name:8} {passed} passed, {failed} failed, {skipped} skipped" + " (crashed)" * crashed)
        sums[1] += crashed
    print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return 1 if broken or sums[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
