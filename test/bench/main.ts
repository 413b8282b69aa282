import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { benchAccept } from './accept.js';
import { benchAudit } from './audit.js';
import { benchBackup } from './backup.js';
import { benchBackupListing } from './backup-listing.js';
import { benchDeprecation } from './deprecation.js';
import { benchDispatch } from './dispatch.js';
import { benchDrift } from './drift.js';
import { benchEdge } from './edge.js';
import { benchMemory } from './memory.js';
import { benchPromotion } from './promotion.js';
import { benchReplicate } from './replicate.js';
import { benchRestore } from './restore.js';
import { benchProvision } from './provision.js';
import { benchUpgrade } from './upgrade.js';
import type { Row } from './row.js';

/** What stands behind a colon goes to the benchmark: `promotion:7.0`. */
const benchmarks: Record<string, (option?: string) => Promise<readonly Row[]>> = {
  provision: benchProvision,
  edge: () => benchEdge(),
  dispatch: benchDispatch,
  accept: benchAccept,
  memory: benchMemory,
  audit: benchAudit,
  drift: benchDrift,
  deprecation: benchDeprecation,
  promotion: benchPromotion,
  replicate: benchReplicate,
  upgrade: () => benchUpgrade(),
  backup: benchBackup,
  restore: benchRestore,
  listing: benchBackupListing,
};

const results = 'bench/results';

const rounded = (value: number | null): string =>
  value === null ? '' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

const print = (rows: readonly Row[]): void => {
  console.table(
    rows.map((row) => ({
      what: row.name,
      value: `${rounded(row.value)} ${row.unit}`,
      raw: rounded(row.reference),
      ratio: row.ratio === null ? '' : `${row.ratio.toFixed(2)}×`,
      aim: row.aim ?? '',
      met: row.met === null ? '' : row.met ? 'yes' : 'NO',
    })),
  );
};

/** `npm run bench`, or `npm run bench -- provision audit` for some of them. */
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benchmarks);
const machine = { node: process.version, cpus: cpus().length, memoryBytes: totalmem() };
await mkdir(results, { recursive: true });
for (const name of chosen) {
  const [kind = name, option] = name.split(':');
  const bench = benchmarks[kind];
  if (!bench) throw new Error(`There is no benchmark "${name}"; there are ${Object.keys(benchmarks).join(', ')}`);
  console.log(`\n== ${name}`);
  const rows = await bench(option);
  print(rows);
  const at = new Date().toISOString();
  await writeFile(`${results}/${name.replace(':', '-')}.json`, `${JSON.stringify({ at, machine, rows }, null, 2)}\n`);
}
process.exit(0);
