#!/usr/bin/env bash
# A renewal that fails goes back: sudo bash bench/drills/update.sh FOLDER   (after bench/drills/install.sh FOLDER; 2 minutes)
#
# The portal of that folder is renewed twice: with a migration that breaks half-way, and with a version that does not
# start. Each time the old version must answer afterwards, with its data. Then with a sound one.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$1
NAME=portal.localhost:8088
mountpoint -q "$ROOT/proc" || mount -t proc proc "$ROOT/proc"
inside() { chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib LC_ALL=C.UTF-8 PIP_CERT=/etc/ssl/this-machine.crt CONTROL=/usr/local/sbin/portal-control "$@"; }

install -m 0755 bench/drills/portal-control "$ROOT/usr/local/sbin/"
trap 'inside /usr/local/sbin/portal-control stop; umount "$ROOT/proc" 2>/dev/null || true' EXIT

fresh() { rm -rf "$ROOT/srv/medportal"; mkdir -p "$ROOT/srv/medportal"; git archive HEAD | tar -x -C "$ROOT/srv/medportal"; sed -i "s/^version = .*/version = \"$1\"/" "$ROOT/srv/medportal/pyproject.toml"; }
version() { basename "$(chroot "$ROOT" readlink /opt/medportal/current)"; }
tables() { chroot "$ROOT" python3 -c "import sqlite3; c = sqlite3.connect('/var/lib/medportal/medportal.db'); print(c.execute('SELECT version_num FROM alembic_version').fetchone(), c.execute('SELECT count(*) FROM category').fetchone())"; }
answers() { for _ in $(seq 40); do curl -sf -o /dev/null -H "Host: $NAME" http://127.0.0.1:8000/ar/ && return; sleep 0.5; done; echo "   FAIL: nobody answers"; exit 1; }
renew() { inside bash /srv/medportal/deploy/install.sh >"$ROOT/var/log/renew.log" 2>&1; }

inside /usr/local/sbin/portal-control stop
inside /usr/local/sbin/portal-control start
answers
old=$(version) before=$(tables)
echo "runs: $old, $before"

fresh broken-migration
last=$(basename "$(find "$ROOT/srv/medportal/medportal/migrations/versions" -name '0*.py' | sort | tail -1)" | cut -d_ -f1)
cat >"$ROOT/srv/medportal/medportal/migrations/versions/9999_broken.py" <<M
from alembic import op

revision, down_revision = "9999", "$last"


def upgrade():
    op.execute("DELETE FROM category")
    raise RuntimeError("half-way")
M
renew && { echo "   FAIL: it says that all is well"; exit 1; }
answers
[ "$(version) $(tables)" = "$old $before" ] && echo "a broken migration: the old version answers, with its data"

fresh broken-start
echo 'raise RuntimeError("does not start")' >>"$ROOT/srv/medportal/wsgi.py"
renew && { echo "   FAIL: it says that all is well"; exit 1; }
answers
[ "$(version) $(tables)" = "$old $before" ] && echo "a version that does not start: the old version answers, with its data"

fresh sound
renew
answers
[ "$(version) $(tables)" = "sound $before" ] && echo "a sound version: it answers, with the data"
