import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { serverUsers } from '#domain/server/users.js';
import { BenchSource } from './backup-source.js';
import { PeakMemory } from './peak-memory.js';
import { compared, measured, median, type Row } from './row.js';
import { SlowestReply } from './slowest-reply.js';

const rounds = 3;
const program = new URL('./backup-program.js', import.meta.url).pathname;

interface Run {
  readonly seconds: number;
  readonly peakMb: number;
  readonly slowestMs: number;
  readonly storedMb: number;
}

/** A backup of 1 GB, or of as many MB as the option says, beside what an administrator would type; by turns on the same server. */
export const benchBackup = async (option = '1024'): Promise<readonly Row[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const source = await BenchSource.start();
  try {
    await source.ask('ACL', 'SETUSER', serverUsers.manager, 'on', '>bench', '~*', '&*', '+@all');
    await source.fill(Number(option) * 1024 ** 2);
    const [ours, raw]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      ours.push(await measure(source, join(directory, 'ours'), backup));
      raw.push(await measure(source, join(directory, 'raw'), byHand));
      console.log(JSON.stringify({ ours: ours.at(-1), raw: raw.at(-1) }));
    }
    return rowsOf(ours, raw);
  } finally {
    await source.remove();
    await rm(directory, { recursive: true });
  }
};

const rowsOf = (ours: readonly Run[], raw: readonly Run[]): Row[] => {
  const of = (runs: readonly Run[], figure: keyof Run): number => median(runs.map((one) => one[figure]));
  const most = (runs: readonly Run[], figure: keyof Run): number => Math.max(...runs.map((one) => one[figure]));
  return [
    compared('backup, median', 's', of(ours, 'seconds'), of(raw, 'seconds'), { most: 0.9 }),
    measured('peak memory, with children', 'MB', most(ours, 'peakMb'), { most: 150 }, most(raw, 'peakMb')),
    measured('longest wait of a client', 'ms', most(ours, 'slowestMs'), null, most(raw, 'slowestMs')),
    measured('stored', 'MB', of(ours, 'storedMb'), null, of(raw, 'storedMb')),
  ];
};

type Command = (source: BenchSource, file: string) => readonly [program: string, args: readonly string[]];

const backup: Command = ({ host }, file) => [process.execPath, [program, host, file]];

const byHand: Command = ({ host }, file) => [
  'bash',
  ['-c', 'set -o pipefail; redis-cli -h "$0" --rdb - 2>/dev/null | zstd -q > "$1" && sync "$1"', host, file],
];

const measure = async (source: BenchSource, file: string, command: Command): Promise<Run> => {
  await rm(file, { force: true });
  const client = await SlowestReply.start(source.host);
  const startedAt = performance.now();
  const [name, args] = command(source, file);
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const memory = new PeakMemory(child.pid ?? 0);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
  const wall = (performance.now() - startedAt) / 1000;
  memory.stop();
  const slowestMs = await client.stop();
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}`);
  // A worker that starts for each backup would be another product.
  const seconds = said === '' ? wall : (JSON.parse(said) as { seconds: number }).seconds;
  const storedMb = (await stat(file)).size / 1024 ** 2;
  return { seconds, peakMb: memory.megabytes, slowestMs, storedMb };
};
