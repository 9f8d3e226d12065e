"""What comes from others: locked, counted, looked after; and where holes are reported."""

import re
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

import pytest

from medportal.lib.dates import utc_now
from tools import sbom

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements*.txt"))
PYTHON = [p for p in (ROOT / "medportal").rglob("*.py") if "versions" not in p.parts]


def _pins(path):
    """Name → versions, one for each Python they are for."""
    found = {}
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        name, version = re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==([^\s;]+)", line).groups()
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_66_every_locked_package_has_a_version_and_hashes(path):
    entries = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    assert len(entries) > 20
    for entry in filter(None, entries):
        assert re.match(
            r"[a-z0-9-]+(\[[a-z,]+\])?==[0-9][^\s;]*( ; [^-]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*$", entry
        )


def test_66_a_package_has_one_version_wherever_it_is_installed():
    runs, tests, develops = (_pins(ROOT / f"requirements{part}.txt") for part in ("", "-test", "-dev"))
    assert runs.items() <= tests.items() <= develops.items()


def test_66_what_is_asked_for_is_locked():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = wanted["dependency-groups"]
    for names, lock in (
        (wanted["project"]["dependencies"], "requirements.txt"),
        (groups["test"], "requirements-test.txt"),
        (groups["lint"] + groups["browser"], "requirements-dev.txt"),
        (groups["release"], "requirements-release.txt"),
    ):
        pins = _pins(ROOT / lock)
        assert {re.match(r"[\w-]+", name)[0].lower() for name in names} <= pins.keys()


def test_66_packages_are_installed_by_their_hashes_only():
    for name in ("Makefile", "deploy/install.sh", "docs/operations.md", "docs/operations.ar.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        lines = re.findall(r".*\bpip\b.* install .*-r .*", text)
        assert lines, name
        assert all("--require-hashes" in line for line in lines), name


LICENCES = re.compile(r"\b(MIT|BSD|ISC|PSF|Apache|Unlicense|LGPL)\b")


def test_66_what_the_portal_runs_on_has_a_licence_that_fits():
    for name in _pins(ROOT / "requirements.txt"):
        try:
            told = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # for another system or Python
            continue
        words = [
            told.get("License-Expression", ""),
            told.get("License", "")[:40],
            *told.get_all("Classifier", []),
        ]
        licence = " ".join(word for word in words if "::" not in word or word.startswith("License"))
        assert LICENCES.search(licence), f"{name}: {licence}"


FORBIDDEN = re.compile(
    r"shell=True|\bos\.system\(|\beval\(|\b(import|from) (pickle|marshal|shelve)\b|yaml\.load\(|verify=False|CERT_NONE"
    r"|_create_unverified_context|\bmktemp\(|debug=True|random\.(choice|randint|random)\("
)


def test_66_nothing_dangerous_is_called():
    """What `ruff` looks for with bandit's rules (S), and what no exception shall ever allow."""
    assert [path for path in PYTHON if FORBIDDEN.search(path.read_text(encoding="utf-8"))] == []


def test_66_bandits_rules_are_on_and_exceptions_say_why():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]
    assert [code for code in rules["ignore"] if code.startswith("S") and code != "S101"] == []
    ours = {
        path for path, codes in rules["per-file-ignores"].items() if any(c.startswith("S6") for c in codes)
    }
    assert ours == {"medportal/search/*.py"}


def test_66_every_vendored_file_is_in_the_bill_of_materials():
    listed = {part["name"] for part in sbom.vendored()}
    there = (ROOT / "medportal" / "static").rglob("*")
    assert listed == {
        str(p.relative_to(ROOT / "medportal" / "static"))
        for p in there
        if re.search(r"-\d+\.\d+\.\d+", p.name)
    }
    assert all(part["licenses"][0]["license"]["id"] for part in sbom.vendored())


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("", 0, "nothing was checked"),
        (
            '{"dependencies": [{"name": "flask", "skip_reason": "Dependency not found"}]}',
            0,
            "nothing was checked",
        ),
        ('{"dependencies": [{"name": "flask", "version": "3", "vulns": []}]}', 0, "asked about 1 of"),
        (
            '{"dependencies": [{"name": "flask", "version": "3", "vulns": [{"id": "PYSEC-1", "fix_versions": ["4"]}]}]}',
            1,
            "flask 3: PYSEC-1, mended in 4",
        ),
    ],
)
def test_66_advisories_are_told_and_silence_is_not_taken_for_an_answer(tmp_path, answer, code, words):
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{answer}\nE\n")
    program.chmod(0o755)
    run = subprocess.run(
        [sys.executable, "-m", "tools.audit", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == code
    assert words in run.stdout


def test_67_who_finds_a_hole_learns_where_to_say_so_and_when_to_hear(client):
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for days in ("within\n3 days", "within 7 days", "within 30"):
        assert days in policy
    assert "contact page" in policy
    lines = client.get("/.well-known/security.txt").get_data(as_text=True).splitlines()
    told = dict(line.split(": ", 1) for line in lines if line)
    assert client.get(told["Contact"].removeprefix("http://localhost")).status_code == 200
    left = datetime.fromisoformat(told["Expires"]) - utc_now()
    assert timedelta(days=90) < left < timedelta(days=365)
    assert set(told["Preferred-Languages"].split(", ")) == {"ar", "en"}
    assert told["Canonical"] == "http://localhost/.well-known/security.txt"
