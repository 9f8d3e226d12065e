"""Another machine, by the system's own `sftp`: OpenSSH keeps up with the times, and what it refuses is refused. The key
and the machine's own key (`known_hosts`) lie in `instance/ssh`; nobody is asked for anything."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

PATIENCE = 1800
"""Seconds for one archive; meanwhile the jobs program does nothing else."""


class Unreachable(Exception):
    """What `sftp` said. It names no password, because there is none."""


@dataclass(frozen=True)
class Machine:
    address: str

    def copy(self, path: Path) -> None:
        """Under another name first: whoever looks there sees a whole archive or none. SSH itself notices what was
        altered on the way, so the size tells whether everything arrived."""
        part = f"{path.name}.part"
        said = self._ask(
            [
                f"-rm {part}",
                f"put {path.name} {part}",
                f"chmod 600 {part}",
                f"-rm {path.name}",
                f"rename {part} {path.name}",
                f"ls -ln {path.name}",
            ],
            path.parent,
        )
        sizes = re.findall(rf"^-\S+ +\S+ +\S+ +\S+ +(\d+) .*{re.escape(path.name)}$", said, re.M)
        if sizes != [str(path.stat().st_size)]:
            raise Unreachable("the copy has another size than the archive")

    def remove(self, names: Iterable[str]) -> None:
        self._ask([f"-rm {name}" for name in names])

    def _ask(self, commands: list[str], folder: Path | None = None) -> str:
        """The folder there is entered first, and never made: a wrong address must not fill a strange disk."""
        parts = urlsplit(self.address)
        ours = Path(current_app.instance_path) / "ssh"
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        where = parts.path.removeprefix("/~/") or "."
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": f'"{ours / "known_hosts"}"',
            "GlobalKnownHostsFile": "none",
            "ConnectTimeout": "20",
            "ServerAliveInterval": "15",
        }
        line = [
            "sftp",
            "-q",
            "-b",
            "-",
            "-F",
            "none",
            "-P",
            str(parts.port or 22),
            "-i",
            str(ours / "id_ed25519"),
        ]
        line += [f"-o{name}={value}" for name, value in options.items()]
        try:
            done = subprocess.run(  # noqa: S603  # no shell; the address was looked at when the portal started
                [*line, f"{parts.username}@{host}"],
                input="\n".join([f'cd "{where}"', *commands, ""]),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except FileNotFoundError:
            raise Unreachable("there is no sftp on this machine: sudo apt install openssh-client") from None
        except subprocess.TimeoutExpired:
            raise Unreachable(f"it took longer than {PATIENCE // 60} minutes") from None
        if done.returncode:
            raise Unreachable(done.stderr.strip()[-300:] or f"sftp ended with {done.returncode}")
        return done.stdout
