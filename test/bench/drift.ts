import { loadConfiguration } from '#configuration/configuration.js';
import { openEngines } from '#engine/open-engines.js';
import { observeHost, openLookout, type Lookout } from '#operations/drift/observe.js';
import { sweepForDrift, type SweepResult } from '#operations/drift/sweep.js';
import { createDatabase } from '#operations/requests/create-database.js';
import { createDatabaseSchema } from '#contracts/database-requests.js';
import { findEnvironment } from '#persistence/environments.js';
import { createFakeInstallation } from '../support/fake-installation.js';
import { freePortRange } from '../support/free-ports.js';
import { createInstallation, type Installation } from '../support/installation.js';
import { finished } from '../support/requests.js';
import { lookoutOn } from '../support/sweeps.js';
import { standFakes } from './fake-databases.js';
import { measured, median, type Row } from './row.js';

const rounds = 5;
const sizes = [1000, 10_000] as const;

/** A sweep over real containers (`drift:50` for so many, `drift:0` for none), and over databases that are recorded and fake, to see how it grows. */
export const benchDrift = async (option?: string): Promise<readonly Row[]> => [
  ...(option === '0' ? [] : await onRealContainers(Number(option ?? 200))),
  ...(await onFakes()),
];

interface Swept {
  readonly tookMs: number;
  readonly cpuMs: number;
  /** The most that the heap grew by while the sweep went on, garbage included. */
  readonly heapMb: number;
  readonly result: SweepResult;
}

const sampleEveryMs = 20;

const swept = async (lookout: Lookout): Promise<Swept> => {
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  let heapMost = heapBefore;
  const sampling = setInterval(() => {
    heapMost = Math.max(heapMost, process.memoryUsage().heapUsed);
  }, sampleEveryMs);
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  const result = await sweepForDrift(lookout, () => Promise.resolve(), new AbortController().signal);
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(sampling);
  return { tookMs, cpuMs: (user + system) / 1000, heapMb: (heapMost - heapBefore) / 1024 ** 2, result };
};

const inTurn = async <Result>(count: number, work: () => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = [];
  for (let turn = 0; turn < count; turn++) results.push(await work());
  return results;
};

const requireSound = ({ result: { counts, findings } }: Swept, databases: number): void => {
  if (counts.databases === databases && findings.length === 0) return;
  throw new Error(`${counts.databases} of ${databases} databases, ${JSON.stringify(findings[0])}`);
};

const onRealContainers = async (count: number): Promise<readonly Row[]> => {
  const ports = await freePortRange(count * 2 + 100);
  const installation = await createInstallation({ HOLDFAST_EDGE_PORTS: `${ports.first}-${ports.last}` });
  try {
    await provisionAll(installation, count);
    const engines = openEngines(loadConfiguration(installation.environment));
    const lookout = await openLookout(installation.control, engines)();
    const sweeps = await inTurn(rounds, () => swept(lookout));
    sweeps.forEach((sweep) => requireSound(sweep, count));
    const host = await inTurn(rounds, async () => {
      const startedMs = performance.now();
      await observeHost(lookout, new AbortController().signal);
      return performance.now() - startedMs;
    });
    return [
      measured(`sweep over ${count} real containers`, 'ms', median(sweeps.map(({ tookMs }) => tookMs)), {
        most: 10_000,
      }),
      measured('of which the engine answers in', 'ms', median(host), null),
      measured('processor time of the worker', 'ms', median(sweeps.map(({ cpuMs }) => cpuMs)), null),
      measured('growth of its heap', 'MB', Math.max(...sweeps.map(({ heapMb }) => heapMb)), { most: 100 }),
    ];
  } finally {
    await installation.close();
  }
};

/** By a process of its own, which is gone when the sweeps are measured. */
const provisionAll = async (installation: Installation, count: number): Promise<void> => {
  const worker = await installation.start('standalone');
  const { control } = installation;
  const requested = await control.db.transaction().execute(async (tx) => {
    const environment = await findEnvironment(tx, { name: 'default' });
    if (!environment) throw new Error('There is no environment "default"');
    return inTurn(count, () => {
      const handle = `sweep-${made++}`;
      const request = createDatabaseSchema.parse({ handle, memoryMb: 64, tlsOnly: true });
      return createDatabase(control, tx, 'bench', environment, request);
    });
  });
  for (const { operationId } of requested) {
    const { status, error } = await finished(installation, operationId, 1_200_000);
    if (status !== 'succeeded') throw new Error(`A provision ${status}: ${error?.detail ?? ''}`);
  }
  await worker.end();
};
let made = 0;

const onFakes = async (): Promise<readonly Row[]> => {
  const installation = await createFakeInstallation();
  try {
    const lookout = await lookoutOn(installation);
    const rows: Row[] = [];
    const medians: number[] = [];
    let standing = 0;
    for (const size of sizes) {
      await standFakes(installation, standing, size);
      standing = size;
      const sweeps = await inTurn(rounds, () => swept(lookout));
      sweeps.forEach((sweep) => requireSound(sweep, size));
      medians.push(median(sweeps.map(({ cpuMs }) => cpuMs)));
      const name = `${size.toLocaleString('en')} recorded databases on fakes`;
      rows.push(measured(`sweep over ${name}`, 'ms', median(sweeps.map(({ tookMs }) => tookMs)), { most: size * 6 }));
      rows.push(measured(`processor time, ${name}`, 'ms', medians.at(-1) ?? NaN, null));
      rows.push(measured(`growth of the heap, ${name}`, 'MB', Math.max(...sweeps.map(({ heapMb }) => heapMb)), null));
    }
    const growth = (medians.at(-1) ?? NaN) / (medians[0] ?? NaN);
    return [...rows, measured('ten times the databases take', 'times the processor time', growth, { most: 13 })];
  } finally {
    await installation.close();
  }
};
