import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ServerBackupStreams } from '#engine/backups/backup-streams.js';
import { serverUsers } from '#domain/server/users.js';
import { letHeapGrow } from '#observability/heap-growth.js';

/** One backup in a process of its own, as a worker makes it: `host file` → one line of JSON. */
const [host = '', path = ''] = process.argv.slice(2);
letHeapGrow();
const streams = new ServerBackupStreams();
const signal = AbortSignal.timeout(600_000);
// A worker runs already and so knows what it has.
const sealing = { context: 'bench', dataKey: randomBytes(32) };
const nothing = async function* (): AsyncGenerator<Buffer> {};
await streams.seal(
  nothing(),
  sealing,
  async (stored) => {
    for await (const part of stored) void part;
  },
  signal,
);

const startedAt = performance.now();
const login = { username: serverUsers.manager, password: 'bench' };
const snapshot = await streams.snapshot({ host, port: 6379, ...login, tls: null }, signal);
const reading = streams.read(null);
const object = await streams.seal(
  reading.through(snapshot.body),
  sealing,
  async (stored) => {
    const file = await open(path, 'w');
    try {
      for await (const part of stored) await file.write(part);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  signal,
);
const summary = await reading.summary();
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, ...object, summary })}\n`);
