"""Looks for advisories about the locked packages, where a source of them can be reached (or: make audit).

python -m tools.audit PATH/TO/pip-audit

Exit 1 when there are any. A source that does not know a package says nothing about it: pip-audit passes such packages over
and still calls the rest clean, so they are counted here, and no source at all is said in so many words."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("pypi", "osv")
FILES = ("requirements.txt", "requirements-test.txt", "requirements-dev.txt", "requirements-release.txt")


def ask(program: str, source: str, file: str) -> list[dict[str, Any]]:
    """What the source says of each package; those that it could not be asked about are left out."""
    command = [
        program,
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner=off",
        "--timeout=15",
        "-f",
        "json",
    ]
    answer = subprocess.run(
        [*command, "-s", source, "-r", file], cwd=ROOT, check=False, capture_output=True, text=True
    )
    try:
        told = json.loads(answer.stdout)["dependencies"]
    except ValueError:  # it could not be reached
        return []
    return [package for package in told if "skip_reason" not in package]


def main(program: str) -> int:
    bad = asked = 0
    for source in SOURCES:
        if asked or not ask(program, source, FILES[0]):
            continue
        for file in FILES:
            known = ask(program, source, file)
            asked += len(known)
            for package in known:
                for hole in package["vulns"]:
                    bad += 1
                    mended = ", ".join(hole["fix_versions"]) or "no version yet"
                    print(f"{file}: {package['name']} {package['version']}: {hole['id']}, mended in {mended}")
            locked = sum("==" in line for line in (ROOT / file).read_text(encoding="utf-8").splitlines())
            print(f"{file}: {source} was asked about {len(known)} of {locked} packages")
    if not asked:
        print("No source of advisories could be reached: nothing was checked.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
