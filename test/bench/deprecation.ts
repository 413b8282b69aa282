import { sql } from 'kysely';
import { deprecationSweep } from '#operations/lifecycle/deprecation-sweep.js';
import type { SweepOutcome } from '#operations/drift/sweeper.js';
import type { Control } from '#operations/control.js';
import { openTestControl } from '../support/control.js';
import { recordDatabases, referenceCatalogue } from '../support/lifecycle.js';
import { PeakMemory } from './peak-memory.js';
import { measured, median, type Row } from './row.js';

const rounds = 3;
const sizes = [10_000, 30_000, 100_000] as const;
const largest = sizes[sizes.length - 1] ?? 0;

/** Of five versions: two fifths are past a date on the first day, and one of them passes its second one on the other. */
const versions = referenceCatalogue.map(({ version }) => version);
const firstDay = new Date('2026-03-01T00:05:00Z');
const secondDay = new Date('2026-06-01T00:05:00Z');

interface Swept {
  readonly tookMs: number;
  readonly peakMb: number;
  readonly outcome: SweepOutcome;
}

const swept = async (control: Control): Promise<Swept> => {
  globalThis.gc?.();
  const memory = new PeakMemory(process.pid);
  const startedMs = performance.now();
  const outcome = await deprecationSweep(control)(() => Promise.resolve(), new AbortController().signal, {
    ...{ dry_run: false, as_of: null },
  });
  const tookMs = performance.now() - startedMs;
  memory.stop();
  return { tookMs, peakMb: memory.megabytes, outcome };
};

const require = ({ outcome: { counts } }: Swept, databases: number, marked: number): void => {
  if (counts.databases === databases && counts.marked === marked) return;
  throw new Error(`${counts.databases} of ${databases} databases, ${counts.marked ?? 0} of ${marked} marked`);
};

/** Sweeps over databases that are recorded and nothing more: all at once on the first day, on a day without news, and when a date passes. `deprecation:1000` for so many. */
export const benchDeprecation = async (option?: string): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  const quiet: number[] = [];
  const first: number[] = [];
  for (const size of option === undefined ? sizes : [Number(option)]) {
    const figures = await overDatabases(size);
    rows.push(...figures.rows);
    quiet.push(figures.quietMs);
    first.push(figures.firstMs);
  }
  if (option !== undefined) return rows;
  const growth = (values: readonly number[]): number => (values.at(-1) ?? NaN) / (values[0] ?? NaN);
  return [
    ...rows,
    measured('ten times the databases take, without news', 'times the time', growth(quiet), { most: 13 }),
    measured('ten times the databases take, on the first day', 'times the time', growth(first), { most: 13 }),
  ];
};

const overDatabases = async (size: number): Promise<{ rows: Row[]; quietMs: number; firstMs: number }> => {
  let now = firstDay;
  const opened = await openTestControl({ now: () => now, catalogue: referenceCatalogue });
  try {
    const { control } = opened;
    const perVersion = size / versions.length;
    for (let at = 0; at < size; at += 10_000) {
      const lot = Math.min(10_000, size - at);
      await recordDatabases(
        control,
        Array.from({ length: lot }, (_, index) => versions[index % versions.length] ?? ''),
        at,
      );
    }
    await sql`ANALYZE`.execute(control.db);
    const before = process.memoryUsage().rss / 1024 ** 2;
    const first = await swept(control);
    require(first, size, perVersion * 2);
    const quiet: Swept[] = [];
    for (let round = 0; round < rounds; round++) quiet.push(await swept(control));
    quiet.forEach((sweep) => require(sweep, size, 0));
    now = secondDay;
    const passed = await swept(control);
    require(passed, size, perVersion);
    const name = `${size.toLocaleString('en')} recorded databases`;
    const quietMs = median(quiet.map(({ tookMs }) => tookMs));
    const aim = size === largest ? { most: 10_000 } : null;
    const peakMb = Math.max(...[first, ...quiet, passed].map((sweep) => sweep.peakMb));
    return {
      ...{ quietMs, firstMs: first.tookMs },
      rows: [
        measured(`sweep over ${name}, nothing new`, 'ms', quietMs, aim),
        measured(`the first one, which marks ${(perVersion * 2).toLocaleString('en')}`, 'ms', first.tookMs, null),
        measured(`when a date passes for ${perVersion.toLocaleString('en')}`, 'ms', passed.tookMs, aim),
        measured(`memory of the process, at the most`, 'MB', peakMb, size === largest ? { most: 250 } : null, before),
      ],
    };
  } finally {
    await opened.close();
  }
};
