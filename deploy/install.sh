#!/usr/bin/env bash
# Installs or renews a portal on Debian 12 or Ubuntu 22.04 and newer. Safe to run again: settings, data and the secret stay.
#
#   sudo bash deploy/install.sh portal.example.org          with Caddy, which gets its certificate by itself
#   sudo PROXY=nginx bash deploy/install.sh portal.example.org
#   sudo PROXY=none  bash deploy/install.sh portal.example.org     a proxy of your own in front of 127.0.0.1:8000
#   sudo bash deploy/install.sh                             renews what is there; the proxy is left alone unless PROXY names one
#
# The code goes to /opt/medportal/releases/<version>, data to /var/lib/medportal, settings to /etc/medportal/env.
set -euo pipefail

SOURCE=$(cd "$(dirname "$0")/.." && pwd)
CODE=/opt/medportal
DATA=/var/lib/medportal
SETTINGS=/etc/medportal/env
NOTE=$CODE/unfinished # lies there while a renewal is at work: old release, new release, backup, how far
LOCK=/run/medportal-install.lock

if [ -e "$CODE/current" ]; then PROXY=${PROXY:-kept}; else PROXY=${PROXY:-caddy}; fi
HOST=${1:-}
[ -n "$HOST" ] || ! [ -r "$SETTINGS" ] || HOST=$(sed -nE 's#^SITE_URL="?https?://([^/"]+).*#\1#p' "$SETTINGS" | tail -1)

say() { printf '== %s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

[[ $HOST =~ ^--(finish|settle)$ ]] ||
  [[ $HOST =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?$ ]] || fail "say the name under which readers reach the site: install.sh portal.example.org"
[[ $PROXY =~ ^(caddy|nginx|none|kept)$ ]] || fail "PROXY is caddy, nginx or none"
[ "$(id -u)" = 0 ] || fail "please run it with sudo"

packages() {
  say "packages"
  local need=(python3 python3-venv ca-certificates)
  [[ $PROXY =~ ^(none|kept)$ ]] || need+=("$PROXY")
  [ "$PROXY" != nginx ] || need+=(logrotate) # of its logs, 14 days; Caddy rotates by itself
  if ! dpkg -s "${need[@]}" >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
  fi
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed: Debian 12, or Ubuntu 24.04"
}

account() {
  say "service user"
  id medportal >/dev/null 2>&1 || useradd --system --home-dir /var/lib/medportal --shell /usr/sbin/nologin medportal
  install -d -m 0700 -o medportal -g medportal "$DATA"
  install -d -m 0750 -o root -g medportal "$(dirname "$SETTINGS")"
}

release() {
  local version
  version=$(git -c safe.directory="$SOURCE" -C "$SOURCE" describe --always --dirty 2>/dev/null || sed -n 's/^version = "\(.*\)"/\1/p' "$SOURCE/pyproject.toml")
  NEW=$CODE/releases/$version
  say "release $version"
  if [ ! -f "$NEW/.complete" ]; then
    rm -rf "$NEW"
    install -d -m 0755 "$NEW"
    tar -C "$SOURCE" --exclude=./.git --exclude=./.venv --exclude=./instance --exclude='__pycache__' -cf - . | tar -C "$NEW" --no-same-owner -xf -
    python3 -m venv "$NEW/.venv"
    "$NEW/.venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$NEW/requirements.txt"
    "$NEW/.venv/bin/python" -m compileall -q "$NEW/medportal" "$NEW/wsgi.py"
    touch "$NEW/.complete"
  fi
}

settings() {
  if [ -f "$SETTINGS" ]; then
    say "settings are kept: $SETTINGS"
    return
  fi
  say "settings: $SETTINGS"
  local scheme=https hops=1
  [ "$PROXY" = none ] && hops=1
  [ -n "${PLAIN_HTTP:-}" ] && scheme=http
  umask 027
  {
    printf '# Every setting is explained in %s\n' "/opt/medportal/current/.env.example"
    printf 'SITE_URL=%s://%s\n' "$scheme" "$HOST"
    printf 'MEDPORTAL_INSTANCE=/var/lib/medportal\nPROXY_HOPS=%s\n' "$hops"
    if [ "$(awk '/^MemTotal/ {print $2}' /proc/meminfo)" -lt 1500000 ]; then
      printf '# One process for pages instead of two: this machine has little memory.\nWEB_CONCURRENCY=1\n'
    fi
    printf '# Mail: without a server, letters are kept as files and read at the desk.\n#MAIL_SERVER=\n#MAIL_USERNAME=\n#MAIL_PASSWORD=\n#MAIL_SENDER=\n'
  } >"$SETTINGS"
  chown root:medportal "$SETTINGS"
  chmod 0640 "$SETTINGS"
}

services() { (cd /etc/systemd/system && ls | grep -E '^medportal-(web|jobs)\.service$'); }

# A command of the portal in this release, as the service user: flask DIR COMMAND…
flask() { MEDPORTAL_CODE=$1 "$SOURCE/deploy/medportal" "${@:2}"; }

# Starts or stops what is installed. CONTROL is for machines without systemd: a program that is called with start or stop.
control() {
  if [ -n "${CONTROL:-}" ]; then "$CONTROL" "$1" 9>&-
  elif [ -d /run/systemd/system ]; then systemctl "$1" $(services)
  else say "no systemd here: $1 the command lines of deploy/*.service yourself"; fi
}

database() {
  say "database"
  flask "$NEW" db upgrade >/dev/null || return 1
  flask "$NEW" taxonomy load >/dev/null
}

# Jobs have a service of their own where the settings say so, and in releases that knew nothing else.
apart() { ! grep -qs WEB_JOBS "$1/deploy/gunicorn.py" || grep -qsE '^WEB_JOBS="?apart' "$SETTINGS"; }

# This release is the one that runs, with its own units.
use() {
  local units=/etc/systemd/system
  install -m 0644 "$1/deploy/medportal-web.service" "$units/" || return 1
  if apart "$1"; then
    install -m 0644 "$1/deploy/medportal-jobs.service" "$units/" || return 1
  elif [ -f "$units/medportal-jobs.service" ]; then
    [ ! -d /run/systemd/system ] || systemctl disable -q --now --no-block medportal-jobs || true
    rm -f "$units/medportal-jobs.service"
  fi
  install -m 0755 "$1/deploy/medportal" /usr/local/bin/medportal || return 1
  ln -sfn "$1" "$CODE/current.new"
  mv -T "$CODE/current.new" "$CODE/current"
  [ ! -d /run/systemd/system ] || { systemctl daemon-reload && systemctl enable -q $(services); }
}

begin() {
  say "services"
  use "$NEW" || return 1
  control start
}

proxy() {
  case $PROXY in
    caddy)
      local file=/etc/caddy/Caddyfile
      sed "s/portal\.example/$HOST/" "$NEW/deploy/Caddyfile" >"$file.new"
      [ -z "${PLAIN_HTTP:-}" ] || sed -i "s|^$HOST {|http://$HOST {|" "$file.new"
      caddy validate --config "$file.new" --adapter caddyfile >/dev/null 2>&1 || fail "Caddy refuses $file.new"
      mv "$file.new" "$file" ;;
    nginx)
      local site=/etc/nginx/sites-available/medportal port=80
      [[ $HOST =~ :([0-9]+)$ ]] && port=${BASH_REMATCH[1]}
      if grep -qs 'managed by Certbot' "$site"; then
        say "kept, because certbot wrote into it: $site"
      else
        sed -e "s/portal\.example/${HOST%:*}/" -e "s/^\( *listen .*\)80;/\1$port;/" "$NEW/deploy/nginx.conf" >"$site"
      fi
      ln -sfn ../sites-available/medportal "/etc/nginx/sites-enabled/medportal"
      rm -f "/etc/nginx/sites-enabled/default"
      nginx -t -q || fail "nginx refuses its configuration" ;;
  esac
  if [[ $PROXY =~ ^(caddy|nginx)$ ]] && [ -d /run/systemd/system ]; then systemctl reload-or-restart "$PROXY"; fi
}

# Pages and a write, asked of the portal itself.
answers() {
  [ -n "${CONTROL:-}" ] || [ -d /run/systemd/system ] || return 0
  "$NEW/.venv/bin/python" - "$HOST" <<'P'
import sys, time, urllib.request
for _ in range(60):
    try:
        for path in ("/healthz", "/ar/", "/en/"):
            asked = urllib.request.Request("http://127.0.0.1:8000" + path, headers={"Host": sys.argv[1]})
            urllib.request.urlopen(asked, timeout=10).read()
        sys.exit(0)
    except OSError:
        time.sleep(0.5)
sys.exit("the portal does not answer")
P
}

# A renewal is killed, or the power goes: all migrations are one transaction, so the database is of the old version or of
# the new one, and the note says of which backup. Whoever comes first settles it: the watcher, the next start of the
# service, or the next run of this script.
note() { printf '%s\n' "$@" >"$NOTE.new" && mv "$NOTE.new" "$NOTE"; }

fits() { flask "$1" db current 2>/dev/null | grep -q '(head)'; }

settle() {
  [ -f "$NOTE" ] || return 0
  local old new archive far
  { read -r old; read -r new; read -r archive; read -r far; } <"$NOTE"
  if [ "$far" = forward ]; then
    fits "$old" || { fits "$new" && use "$new"; } || return 1
  else
    control stop || true
    # Once it was begun, a half restored database may look like an old one.
    if [ "$far" = back ] && ! fits "$old"; then
      far=restoring
      note "$old" "$new" "$archive" "$far"
    fi
    if [ "$far" = restoring ]; then flask "$old" backup restore "$archive" --replace >/dev/null || return 1; fi
    use "$old"
  fi
  rm -f "$NOTE"
}

# Waits for the end of this run, however it comes.
watch() { setsid -f bash "$NEW/deploy/install.sh" --finish </dev/null >/dev/null 2>&1 9>&-; }

# From a version that runs: a backup, then the new one, and back when it does not come up.
update() {
  local old archive
  old=$(readlink -f "$CODE/current")
  say "backup"
  # A copy that did not reach another place is no reason to stay with an old version: that the archive is whole counts.
  archive=$(flask "$old" backup make | sed -nE 's/^(.*\.zip)  .*whole\.$/\1/p') || true
  [ -f "$archive" ] || fail "no backup could be made, and nothing was changed: sudo medportal backup make"
  note "$old" "$NEW" "$archive" forward
  watch
  say "stop"
  control stop
  if database && begin && answers; then # functions say by their answer whether they failed
    rm -f "$NOTE"
    return
  fi
  say "the new version does not come up: back to ${old##*/} and its data"
  note "$old" "$NEW" "$archive" back
  settle || fail "the data could not be brought back; the backup is $archive: sudo medportal backup restore $archive --replace"
  control start
  NEW=$old answers
  fail "nothing was renewed; the old version runs"
}

tidy() {
  # Three releases are kept to go back to.
  find "$CODE/releases" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- |
    while read -r old; do [ "$old" = "$NEW" ] || rm -rf "$old"; done
}

exec 9>"$LOCK"
case $HOST in
  --finish) # the watcher: programs that outlive a killed run hold the lock too
    flock 9
    if [ -f "$NOTE" ]; then settle && control start; fi
    exit ;;
  --settle) # before the service starts; when the lock is taken, it is this script that starts it
    flock -n 9 || exit 0
    CONTROL=true settle
    exit ;;
esac
flock -w 900 9 || fail "another run is at work"
settle || fail "an interrupted renewal cannot be settled; $NOTE names its backup"
packages
account
release
settings
if [ -e "$CODE/current" ]; then
  update
  proxy
  say "lists" # while the portal runs
  flask "$NEW" content relist >/dev/null || say "the lists could not be written anew: sudo medportal content relist"
else
  proxy
  database
  begin
  answers
fi
tidy
say "done: $(sed -n 's/^SITE_URL=//p' "$SETTINGS")"
flask "$CODE/current" users setup-code 2>/dev/null || true
