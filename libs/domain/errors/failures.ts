import { entry, type ErrorEntry } from './entry.js';

/** What goes wrong on the host, in what Holdfast stands on, or in itself. */
export const failures = {
  engine_unreachable: entry(
    503,
    'retry',
    'The container engine does not answer',
    'Start the Docker engine on the host; the operation goes on by itself.',
  ),
  engine_error: entry(
    503,
    'retry',
    'The container engine reported an error',
    "Look at the engine's log on the host; the operation is tried again.",
  ),
  edge_unreachable: entry(
    503,
    'retry',
    'The edge does not answer',
    'Run `npm run up` to start the edge again; the operation goes on by itself.',
  ),
  edge_ports_taken: entry(
    503,
    'fail',
    "Another process holds a port of the edge's range",
    'Stop that process or choose another range with HOLDFAST_EDGE_PORTS.',
  ),
  certificate_not_shown: entry(
    503,
    'retry',
    'The server shows another certificate than it was given',
    'The operation is tried again; `holdfast operation:retry ID` does it anew.',
  ),
  server_not_ready: entry(
    503,
    'retry',
    'The Redis server did not become ready in time',
    'Look at the log of the container; the operation is tried again.',
  ),
  server_settings_differ: entry(
    503,
    'fail',
    'The Redis server runs with other settings than asked for',
    "Look at the operation's log for the settings that differ and report it.",
  ),
  name_taken_by_stranger: entry(
    409,
    'fail',
    'A container, volume or network of another owner has this name',
    'Remove or rename the stranger named in the detail, then retry the operation.',
  ),
  network_overlap: entry(
    409,
    'fail',
    'The network range is used by something else on the host',
    'Choose another range with HOLDFAST_NETWORK_POOL.',
  ),
  disk_full: entry(
    507,
    'fail',
    'The host has no free disk space',
    'Free disk space on the host, then retry the operation.',
  ),
  stale_generation: entry(
    409,
    'fail',
    'A newer generation of this database exists',
    'Nothing to do: the newer operation is the one that counts.',
  ),

  store_unreachable: entry(
    503,
    'retry',
    'Postgres does not answer',
    'Start Postgres; requests work again by themselves.',
  ),
  queue_unreachable: entry(
    503,
    'retry',
    "The queue's Redis does not answer",
    'Start it again; operations wait in Postgres meanwhile and go on by themselves.',
  ),
  configuration_invalid: entry(
    500,
    'fail',
    'The configuration is not valid',
    'Correct the HOLDFAST_* variables listed in the detail; docs/configuration.md has them all.',
  ),
  setup_failed: entry(
    500,
    'fail',
    'The set-up could not go on',
    'Mend the cause named in the detail, then run the same command again.',
  ),
  api_unreachable: entry(
    503,
    'retry',
    'The API of Holdfast does not answer',
    'Start it with `npm run up`, or set HOLDFAST_URL to where it runs.',
  ),
  export_incomplete: entry(
    502,
    'fail',
    'The export was cut before its end',
    'Verify the backup with `holdfast backup:verify ID`: if it fails, use another one or a copy; else export again.',
  ),
  wrong_usage: entry(400, 'fail', 'Wrong usage', 'See `holdfast --help` and `holdfast <verb> --help`.'),
  program_missing: entry(
    500,
    'fail',
    'A program that this needs is not installed',
    'Install the package that has the program, such as redis-tools for redis-cli.',
  ),
  internal_error: entry(
    500,
    'retry',
    'Something unexpected went wrong',
    'Look at the log for the request id, and report it.',
  ),
  backup_memory_low: entry(
    503,
    'retry',
    'The server has too little memory left to fork',
    'Delete data, or give the database more memory or a replica to take the backup from.',
  ),
  import_source_unreachable: entry(
    503,
    'retry',
    'The source of the import does not answer',
    'Look whether the host that Holdfast runs on reaches the address; the operation goes on by itself for a while.',
  ),
  backup_store_unreachable: entry(
    503,
    'retry',
    'The backup store does not answer',
    'Look at the store named in the detail; the operation goes on by itself.',
  ),
  backup_store_refused: entry(
    503,
    'fail',
    'The backup store refuses what is asked of it',
    'Correct the credentials, the bucket or the rights of the store named in the detail, then ask again.',
  ),
  backup_store_full: entry(
    507,
    'fail',
    'The backup store is full',
    'Make room in the store named in the detail, or purge backups, then ask again.',
  ),
  backup_object_missing: entry(
    410,
    'fail',
    'The stored object of the backup is gone',
    'Restore from another backup or from a copy of this one; look for who removed objects from the store.',
  ),
  master_key_not_loaded: entry(
    503,
    'fail',
    'A new master key waits for a restart',
    'Restart all processes of Holdfast, with `npm run down && npm run up` on one machine, then ask again.',
  ),
  master_key_unknown: entry(
    503,
    'fail',
    'The master key that this is sealed under is not known',
    'Put the line of the version named in the detail back into the file of the master key, restart Holdfast, then ask again.',
  ),
} as const satisfies Record<string, ErrorEntry>;
