#!/usr/bin/env bash
# The install script on a bare Debian: sudo bash bench/drills/install.sh [FOLDER]   (needs debootstrap and curl; 5 minutes)
#
# Makes a Debian in a folder, with this machine's own sources of packages, installs the portal there with Caddy, starts the
# command lines of the units as systemd would, asks for pages over Caddy, installs again, and looks at what the log keeps.
set -euo pipefail
cd "$(dirname "$0")/../.."
SOURCE=$PWD
ROOT=${1:-$(mktemp -d)/debian}
NAME=portal.localhost:8088
WORK=$(mktemp -d)
sources=$(grep -rhoE '^URIs: *\S+|^deb +\S+' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '{print $2; exit}' || true)

[ -x "$ROOT/bin/bash" ] || debootstrap --variant=minbase bookworm "$ROOT" "$sources" >/dev/null
cp /etc/resolv.conf "$ROOT/etc/"
echo "127.0.0.1 localhost ${NAME%:*}" >"$ROOT/etc/hosts"
mkdir -p "$ROOT/etc/ssl/certs" "$ROOT/usr/share/keyrings"
cp -L /etc/ssl/certs/ca-certificates.crt "$ROOT/etc/ssl/certs/"
cp -L /etc/ssl/certs/ca-certificates.crt "$ROOT/etc/ssl/this-machine.crt"
cp /etc/apt/sources.list.d/debian.sources "$ROOT/etc/apt/sources.list.d/" 2>/dev/null && : >"$ROOT/etc/apt/sources.list"
for file in /etc/apt/apt.conf.d/99*; do if [ -f "$file" ]; then cp "$file" "$ROOT/etc/apt/apt.conf.d/"; fi; done
if [ -f /etc/pip.conf ]; then cp /etc/pip.conf "$ROOT/etc/"; fi
for file in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do if [ -f "$file" ]; then cp "$file" "$ROOT/etc/pip.conf"; fi; done
mountpoint -q "$ROOT/proc" || mount -t proc proc "$ROOT/proc"
[ -c "$ROOT/dev/urandom" ] || mknod -m 666 "$ROOT/dev/urandom" c 1 9

pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; umount "$ROOT/proc" 2>/dev/null || true; }
trap finish EXIT

rm -rf "$ROOT/srv/medportal"
mkdir -p "$ROOT/srv/medportal"
git archive HEAD | tar -x -C "$ROOT/srv/medportal"
inside() { chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib LC_ALL=C.UTF-8 PIP_CERT=/etc/ssl/this-machine.crt "$@"; }

echo "1. installed on a bare Debian"
began=$SECONDS
inside PLAIN_HTTP=1 bash /srv/medportal/deploy/install.sh "$NAME"
echo "   $((SECONDS - began)) s, one command (bar: 12 commands, 300 s)"

echo "2. the units' own command lines"
unit=medportal-web.service
# The unit as it is, but for its program, which is not on this machine.
sed -E 's#^ExecStart=\S+#ExecStart=/bin/true#' "$ROOT/etc/systemd/system/$unit" >"$WORK/$unit"
systemd-analyze verify --man=no "$WORK/$unit" && echo "   $unit: verified"
line=$(sed -n 's/^ExecStart=//p' "$ROOT/etc/systemd/system/$unit")
own=$(sed -n 's/^Environment=//p' "$ROOT/etc/systemd/system/$unit")
chroot "$ROOT" setpriv --reuid medportal --regid medportal --init-groups --no-new-privs bash -c "set -a; $own; . /etc/medportal/env; set +a; cd /opt/medportal/current && exec $line" >/dev/null 2>&1 &
pids+=($!)
inside caddy run --config /etc/caddy/Caddyfile --adapter caddyfile >/dev/null 2>&1 &
pids+=($!)
for _ in $(seq 60); do curl -sf -o /dev/null "http://$NAME/ar/" && break; sleep 0.5; done
for path in /ar/ "/en/?q=secret" /healthz /setup; do
  printf '   %s %s\n' "$(curl -s -o /dev/null -w '%{http_code}' "http://$NAME$path")" "$path"
done

echo "3. a second run keeps settings and secret"
before=$(cat "$ROOT/etc/medportal/env" "$ROOT"/var/lib/medportal/secret* 2>/dev/null | sha256sum)
inside PLAIN_HTTP=1 bash /srv/medportal/deploy/install.sh "$NAME" | tail -1
[ "$before" = "$(cat "$ROOT/etc/medportal/env" "$ROOT"/var/lib/medportal/secret* 2>/dev/null | sha256sum)" ] && echo "   kept"

echo "4. what the proxy's log keeps"
sleep 1
log=$ROOT/var/log/caddy/medportal.log
if grep -q secret "$log" || grep -qE '"remote_ip":"127\.0\.0\.1"' "$log"; then echo "   FAIL: a query or a whole address"; exit 1; fi
echo "   $(wc -l <"$log") lines without query and whole address"

echo "5. data is closed to others"
stat -c '   %a %U %n' "$ROOT/var/lib/medportal" "$ROOT/etc/medportal/env" | sed "s#$ROOT##"
