#!/bin/sh
# Makes the data folder of a replica that follows PRIMARY, as a libpq address without a database:
#   PRIMARY="postgresql://replicator:secret@10.0.0.1?application_name=comments_replica" \
#     DATA=/var/lib/postgresql/15/main sh follow.sh
# Run it on the replica, as the user that PostgreSQL runs as, with an empty or missing DATA. By the
# application_name the primary knows it (synchronous_standby_names in primary.conf).
set -eu
# -R writes down whom it follows; -X stream takes along what is written while it copies.
pg_basebackup -d "$PRIMARY" -D "$DATA" -R -X stream -c fast
