"""What the portal is made of, as CycloneDX: the locked packages, by `cyclonedx-py`, and the vendored files, by their list.

python -m tools.sbom PATH/TO/cyclonedx-py out/sbom.json        (or: make sbom)"""

import json
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENDORED = ROOT / "medportal" / "static" / "VENDORED.md"
_LINE = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<name>@?[\w./-]+)(?: packages)? (?P<version>[\d.]+)[^|]* \| (?P<licence>[\w.-]+) \(.*\) \| `(?P<sum>[^`]+)` \|$",
    re.M,
)


def vendored() -> list[dict[str, Any]]:
    return [
        {
            "type": "file",
            "bom-ref": f"vendored-{found['file']}",
            "name": found["file"],
            "version": found["version"],
            "description": f"from {found['name']}",
            "hashes": [{"alg": "SHA-384", "content": b64decode(found["sum"]).hex()}],
            "licenses": [{"license": {"id": found["licence"]}}],
        }
        for found in _LINE.finditer(VENDORED.read_text(encoding="utf-8"))
    ]


def main(program: str, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    command = [program, "requirements", "--pyproject", "pyproject.toml", "--mc-type", "application"]
    command += ["--output-reproducible", "--of", "JSON", "-o", "-", "requirements.txt"]
    made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    bom = json.loads(made.stdout)
    packages = len(bom["components"])
    bom["components"] += vendored()
    bom["dependencies"] += [{"ref": part["bom-ref"]} for part in vendored()]
    root = bom["metadata"]["component"]["bom-ref"]
    everything = sorted(part["bom-ref"] for part in bom["components"])
    bom["dependencies"] = [d for d in bom["dependencies"] if d["ref"] != root] + [
        {"ref": root, "dependsOn": everything}
    ]
    target.write_text(json.dumps(bom, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target}: {packages} packages, {len(everything) - packages} vendored files")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
