#!/usr/bin/env bash
# A renewal that is killed: sudo bash bench/drills/update_killed.sh FOLDER   (after bench/drills/install.sh FOLDER; 6 minutes)
#
# The portal of that folder is renewed again and again, each time to a version with two more migrations, and the renewal is
# killed with -9 at another step. Afterwards the old or the new version must answer by itself, with all rows and with the
# database of just that version; and the same command once more must complete.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$1
NAME=portal.localhost:8088
LOG=$ROOT/var/log/renew.log
mountpoint -q "$ROOT/proc" || mount -t proc proc "$ROOT/proc"
inside() { chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib LC_ALL=C.UTF-8 PIP_CERT=/etc/ssl/this-machine.crt PROXY=none CONTROL=/usr/local/sbin/portal-control "$@"; }

install -m 0755 bench/drills/portal-control "$ROOT/usr/local/sbin/"
trap 'inside /usr/local/sbin/portal-control stop; umount "$ROOT/proc" 2>/dev/null || true' EXIT

version() { basename "$(chroot "$ROOT" readlink /opt/medportal/current)"; }
migration() { chroot "$ROOT" python3 -c "import sqlite3; c = sqlite3.connect('/var/lib/medportal/medportal.db'); print(c.execute('SELECT version_num FROM alembic_version').fetchone()[0])"; }
rows() { chroot "$ROOT" python3 -c "import sqlite3; c = sqlite3.connect('/var/lib/medportal/medportal.db'); print(*(c.execute('SELECT count(*) FROM ' + t).fetchone()[0] for t in ('category', 'specialty', 'setting', 'audit')), c.execute('PRAGMA integrity_check').fetchone()[0], len(c.execute('PRAGMA foreign_key_check').fetchall()))"; }
answers() { for _ in $(seq 120); do curl -sf -o /dev/null -H "Host: $NAME" http://127.0.0.1:8000/ar/ && return; sleep 0.5; done; echo "   FAIL: nobody answers"; exit 1; }

# A version of its own: N, with two migrations that take their time, each after the last one of the version before.
fresh() {
  local folder=$ROOT/srv/medportal last n
  rm -rf "$folder"
  mkdir -p "$folder"
  git archive HEAD | tar -x -C "$folder"
  sed -i "s/^version = .*/version = \"killed-$1\"/" "$folder/pyproject.toml"
  last=$(basename "$(find "$folder/medportal/migrations/versions" -name '0*.py' | sort | tail -1)" | cut -d_ -f1)
  for n in $(seq $((2 * $1))); do
    cat >"$folder/medportal/migrations/versions/9$(printf %03d "$n").py" <<M
import time
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9$(printf %03d "$n")", "$last"


def upgrade():
    op.execute("UPDATE category SET slug = slug")
    with op.batch_alter_table("category", recreate="auto") as batch:
        batch.add_column(sa.Column("drill_$n", sa.String(10), server_default="x"))
    time.sleep(1.5)


def downgrade():
    pass
M
    last=9$(printf %03d "$n")
  done
}

renew() { inside bash /srv/medportal/deploy/install.sh; }

# Renews, and kills -9 the script, or all that it started, so many seconds after it says this.
killed() { # what, words, seconds, all|script
  : >"$LOG"
  setsid chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib LC_ALL=C.UTF-8 PIP_CERT=/etc/ssl/this-machine.crt PROXY=none CONTROL=/usr/local/sbin/portal-control bash /srv/medportal/deploy/install.sh >"$LOG" 2>&1 &
  local pid=$!
  for _ in $(seq 3000); do grep -q "^== $2" "$LOG" && break; kill -0 "$pid" 2>/dev/null || break; sleep 0.02; done
  sleep "$3"
  if [ "$4" = all ]; then kill -9 -- "-$pid"; else kill -9 "$pid"; fi || { echo "   FAIL: it was over before ($1)"; exit 1; }
  wait "$pid" 2>/dev/null || true
}

inside /usr/local/sbin/portal-control stop
inside /usr/local/sbin/portal-control start
answers
n=$(version | sed -n 's/^killed-//p') # it goes on where it ended
n=${n:-0}
find "$ROOT/opt/medportal/releases" -mindepth 1 -maxdepth 1 -name 'killed-*' ! -name "killed-$n" -exec rm -rf {} +
try() {
  n=$((n + 1))
  local old old_migration before now at
  old=$(version) old_migration=$(migration) before=$(rows)
  fresh "$n"
  killed "$@"
  # Programs that outlive the script end first, then the watcher starts what fits.
  for _ in $(seq 300); do [ -e "$ROOT/opt/medportal/unfinished" ] || break; sleep 0.2; done
  answers
  now=$(version) at=$(migration)
  case "$now $at" in
    "$old $old_migration") what=old ;;
    "killed-$n 9$(printf %03d $((2 * n)))") what=new ;;
    *) echo "   FAIL: killed $1: $now runs on migration $at"; exit 1 ;;
  esac
  [ "$(rows)" = "$before" ] || { echo "   FAIL: killed $1: $(rows), not $before"; exit 1; }
  renew >"$LOG" 2>&1 || { echo "   FAIL: killed $1: the second run does not complete"; tail -5 "$LOG"; exit 1; }
  answers
  [ "$(version) $(migration)" = "killed-$n 9$(printf %03d $((2 * n)))" ] || { echo "   FAIL: after the second run: $(version) $(migration)"; exit 1; }
  [ "$(rows)" = "$before" ] || { echo "   FAIL: after the second run: $(rows), not $before"; exit 1; }
  echo "killed $1: the $what version answered with its data; the same command again completed"
}

try "while the new version is built" "release" 4 all
try "while the backup is made" "backup" 2 all
try "when all is stopped" "stop" 0 all
try "in the first of its migrations" "database" 3.5 all
try "between its migrations, which run on without it" "database" 4.5 script
try "when it switches" "services" 0 all
try "when the new version has started" "services" 1 all

# Back from a version that does not start, and killed on the way.
n=$((n + 1)) old=$(version) old_migration=$(migration) before=$(rows)
fresh "$n"
echo 'raise RuntimeError("does not start")' >>"$ROOT/srv/medportal/wsgi.py"
killed "on the way back" "the new version" 1.2 all
for _ in $(seq 300); do [ -e "$ROOT/opt/medportal/unfinished" ] || break; sleep 0.2; done
answers
[ "$(version) $(migration) $(rows)" = "$old $old_migration $before" ] || { echo "   FAIL: on the way back: $(version) $(migration) $(rows)"; exit 1; }
echo "killed on the way back from a version that does not start: the old version answered with its data"
