#!/bin/sh
# Finishes the root file system "$1" of the Postgres image: no maintainer script has run in it, so nothing of this exists yet.
set -eu
root=$1

echo 'postgres:x:999:999:Postgres:/var/lib/postgresql:/bin/sh' > "$root/etc/passwd"
echo 'postgres:x:999:' > "$root/etc/group"
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
mkdir -p "$root/usr/local/bin" "$root/var/lib/postgresql/data" "$root/var/run/postgresql" "$root/tmp"
chmod 1777 "$root/tmp"
chmod 0700 "$root/var/lib/postgresql/data"
chown -R 999:999 "$root/var/lib/postgresql" "$root/var/run/postgresql"

cat > "$root/usr/local/bin/start-postgres" <<'SCRIPT'
#!/bin/sh
# Takes the same variables as the official image: POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD_FILE.
set -eu
if [ ! -s "$PGDATA/global/pg_control" ]; then
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -D "$PGDATA" postgres
fi
exec postgres -D "$PGDATA" -c listen_addresses='*'
SCRIPT
chmod 0755 "$root/usr/local/bin/start-postgres"
