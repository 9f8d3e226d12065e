#!/usr/bin/env bash
# Two web machines and two job loops on one PostgreSQL behind nginx: is what one does true on the other, and at once?
#
#     bench/two_machines.sh            four minutes; needs nginx and pg_virtualenv (postgresql-common)
#
# The machines are processes on ports of their own, each with an instance folder of its own; the folder of pictures is
# one, as operations.md says. PYTHON names another interpreter than that of .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 # without a locale, PostgreSQL makes its cluster in SQL_ASCII
export PYTHON="${PYTHON:-$PWD/.venv/bin/python}"
for tool in nginx pg_virtualenv; do
  PATH=$PATH:/usr/sbin command -v $tool >/dev/null || { echo "needs $tool" >&2; exit 2; }
done
# shellcheck disable=SC2016  # pg_virtualenv sets the variables inside
exec pg_virtualenv -t sh -c 'DATABASE_URL="postgresql+psycopg://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/postgres" exec "$PYTHON" -m bench.two_machines "$@"' two_machines "$@"
