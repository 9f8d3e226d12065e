"""Copies of backups on another machine, by SFTP: against a real OpenSSH server on this one."""

import getpass
import os
import shutil
import socket
import stat
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from medportal import config
from medportal.backups import keep, nightly, places, records
from medportal.config import ConfigError


def _key(path):
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8")


def _waits(port):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("sshd does not answer")


@pytest.fixture
def machine(app, tmp_path, monkeypatch):
    """Another machine that lets us in by a key, with a folder for copies."""
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("sftp") is None:
        pytest.skip("no OpenSSH server here: apt install openssh-server")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    ours = Path(app.instance_path) / "ssh"
    ours.mkdir(mode=0o700)
    (tmp_path / "allowed").write_text(_key(ours / "id_ed25519"))
    host = " ".join(_key(tmp_path / "host").split()[:2])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (ours / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}\n")
    settings = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {tmp_path}/host",
        "PidFile none",
        "UsePAM no",
    ]
    settings += [f"AuthorizedKeysFile {tmp_path}/allowed", "StrictModes no", "PasswordAuthentication no"]
    settings += ["PermitRootLogin prohibit-password", "Subsystem sftp internal-sftp"]
    (tmp_path / "sshd_config").write_text("\n".join([*settings, ""]))
    running = subprocess.Popen([program, "-D", "-f", tmp_path / "sshd_config", "-E", tmp_path / "log"])
    _waits(port)
    there = tmp_path / "copies"
    there.mkdir()
    address = f"sftp://{getpass.getuser()}@127.0.0.1:{port}"
    monkeypatch.setitem(app.config, "BACKUP_COPY_TO", f"{address}{there}")
    yield SimpleNamespace(there=there, ours=ours, address=address)
    running.terminate()
    running.wait()
    shutil.rmtree(ours)


def _newest(in_app):
    return in_app(lambda: records.every()[0])


def test_a_copy_goes_to_another_machine_and_is_thrown_away_there_too(machine, in_app):
    in_app(nightly.make)
    name = _newest(in_app).name
    assert _newest(in_app).copied is True
    assert (machine.there / name).read_bytes() == in_app(lambda: places.find(name)).read_bytes()
    assert stat.S_IMODE((machine.there / name).stat().st_mode) == 0o600
    old = machine.there / "medportal-20200101-000000.zip"
    shutil.copy(machine.there / name, old)
    in_app(lambda: shutil.copy(places.find(name), places.folder() / old.name))
    assert in_app(keep.prune) == []  # the only one of its month
    in_app(lambda: keep.offsite.remove([old.name, "../other.zip"]))
    assert [file.name for file in machine.there.iterdir()] == [name]


def test_what_an_interrupted_copy_left_is_in_nobodys_way(machine, in_app):
    in_app(nightly.make)
    name = _newest(in_app).name
    (machine.there / name).unlink()
    (machine.there / f"{name}.part").write_bytes(b"half")
    assert in_app(lambda: keep.offsite.copy(places.find(name))) is True
    assert [file.name for file in machine.there.iterdir()] == [name]


def _another_host_key(machine, _app, _patch):
    path = machine.ours / "known_hosts"
    host = path.read_text().split()[0]
    path.write_text(f"{host} {' '.join(_key(machine.ours / 'other').split()[:2])}\n")


def _unknown_host(machine, _app, _patch):
    (machine.ours / "known_hosts").unlink()


def _another_key(machine, _app, _patch):
    (machine.ours / "id_ed25519").unlink()
    _key(machine.ours / "id_ed25519")


def _no_folder(machine, _app, _patch):
    machine.there.rmdir()


def _nobody_answers(machine, app, patch):
    patch.setitem(app.config, "BACKUP_COPY_TO", "sftp://somebody@127.0.0.1:9/copies")


@pytest.mark.parametrize(
    "spoil", [_another_host_key, _unknown_host, _another_key, _no_folder, _nobody_answers]
)
def test_a_copy_that_fails_is_said_and_the_backup_stays(machine, app, in_app, as_, monkeypatch, spoil, lang):
    spoil(machine, app, monkeypatch)
    assert in_app(nightly.attempt) == ""
    assert _newest(in_app).verified
    assert _newest(in_app).copied is False
    assert not machine.there.exists() or not list(machine.there.iterdir())
    if spoil is _no_folder:
        assert "/admin/backups" in as_("owner").get(f"/{lang}/admin/").html
        assert (
            as_("owner", email="second@mail.example.com").get(f"/{lang}/admin/backups").all(".badge--warning")
        )


@pytest.mark.parametrize(
    "address",
    [
        "sftp://host/copies",
        "sftp://user:password@host/copies",
        "sftp://-oProxyCommand=x@host/copies",
        "sftp://user@-host/copies",
        'sftp://user@host/a"b',
        "sftp://user@host/a\nrm b",
        "sftp://user@host",
        "copies",
    ],
)
def test_an_address_that_is_none_is_refused_at_start(address, tmp_path):
    with pytest.raises(ConfigError, match="BACKUP_COPY_TO"):
        config.load({"INSTANCE_PATH": tmp_path, "TESTING": True, "BACKUP_COPY_TO": address})
