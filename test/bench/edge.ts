import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { defaultDoorSettings } from '#domain/database/door-settings.js';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import { HaproxyEdge } from '#engine/edge/haproxy-edge.js';
import type { DoorTarget } from '#engine/ports/edge.js';
import { findTakenPort } from '#engine/edge/taken-ports.js';

const run = promisify(execFile);
const clients = 50;
const requests = 30_000;
const rounds = 7;
/** 4,000 doors, as by default. */
const portCount = 4_000;

export interface EdgeRow {
  readonly name: string;
  readonly unit: 'requests/s' | 'ms';
  readonly value: number;
  /** What the value is compared with, measured in the same run; null for a figure of its own. */
  readonly reference: number | null;
  readonly ratio: number | null;
  readonly aim: string | null;
  readonly met: boolean | null;
}

interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

type Way = 'direct' | 'edge' | 'published';
type Test = 'SET' | 'GET';

/** Throughput and latency of one Redis at its own address, through the edge, and through Docker's published port, in turns. */
export const benchEdge = async (
  images = { redis: 'holdfast/redis:8.0', edge: 'holdfast/haproxy:3.0' },
): Promise<readonly EdgeRow[]> => {
  const installation = `hfb-${randomBytes(4).toString('hex')}`;
  const signal = AbortSignal.timeout(600_000);
  const engine = new DockerEngine({ socketPath: '/var/run/docker.sock' });
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-edge-'));
  const ports = await freePorts(portCount + 1);
  const doors = { first: ports.first, last: ports.last - 1 };
  const redis = `${installation}-redis`;
  try {
    const address = await startRedis(redis, images.redis, ports.last);
    const settings = { engine, installation, image: images.edge, directory, bindAddress: '127.0.0.1', ports: doors };
    const edge = new HaproxyEdge(settings);
    const start = await timed(() => edge.ensureRunning(signal));
    const changes = await timeChanges(edge, address, doors.first, signal);
    const shut = await timeSwitches(
      edge,
      { port: doors.first, address, targetPort: 6379, settings: defaultDoorSettings },
      signal,
    );
    const ways: Record<Way, Address> = {
      direct: { host: address, port: 6379 },
      edge: { host: '127.0.0.1', port: doors.first },
      published: { host: '127.0.0.1', port: ports.last },
    };
    const samples = await measureInTurns(images.redis, ways);
    return [
      figure(`start with ${String(portCount)} ports`, start),
      figure('change of one door', changes),
      { ...figure('door shut by a switch besides its work', shut), aim: '≤ 5 ms', met: shut <= 5 },
      ...rowsOf('SET', samples),
      ...rowsOf('GET', samples),
    ];
  } finally {
    await run('docker', ['rm', '--force', '--volumes', redis]).catch(ignoreAbsent);
    await engine.ensureContainerAbsent(`${installation}-edge`, { installation, subject: 'edge' }, signal);
    await rm(directory, { recursive: true });
  }
};

/** The container was never made when the engine failed before; that failure is the one to show. */
const ignoreAbsent = (): undefined => undefined;

const freePorts = async (count: number): Promise<{ first: number; last: number }> => {
  for (;;) {
    const first = randomInt(24_000, 32_000 - count);
    const range = { first, last: first + count - 1 };
    if ((await findTakenPort('0.0.0.0', range)) === null) return range;
  }
};

const startRedis = async (name: string, image: string, publishedPort: number): Promise<string> => {
  const publish = `127.0.0.1:${String(publishedPort)}:6379`;
  // The engine port publishes no ports, on purpose; the reference needs one.
  const server = ['redis-server', '--save', '', '--protected-mode', 'no'];
  await run('docker', ['run', '--detach', '--name', name, '--publish', publish, image, ...server]);
  const { stdout } = await run('docker', ['inspect', '--format', '{{.NetworkSettings.IPAddress}}', name]);
  return stdout.trim();
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** Median time of a change that is on disk and in HAProxy. */
const timeChanges = async (edge: HaproxyEdge, address: string, port: number, signal: AbortSignal): Promise<number> => {
  const times: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    times.push(
      await timed(() => edge.openDoors([{ port, address, targetPort: 6379, settings: defaultDoorSettings }], signal)),
    );
  }
  return median(times);
};

/** Median time from shutting a door to its leading the new way, with work that takes no time. Who comes meanwhile is held. */
const timeSwitches = async (edge: HaproxyEdge, door: DoorTarget, signal: AbortSignal): Promise<number> => {
  const times: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    let shutAtMs = 0;
    const work = async (shut: () => Promise<void>): Promise<void> => {
      shutAtMs = performance.now();
      await shut();
    };
    times.push((await edge.switchDoors([door], work, signal)) - shutAtMs);
  }
  return median(times);
};

type Samples = ReadonlyMap<Way, ReadonlyMap<Test, readonly Sample[]>>;

/** In turns, so that a neighbour's load on the machine falls on all ways alike. */
const measureInTurns = async (image: string, ways: Record<Way, Address>): Promise<Samples> => {
  const names = Object.keys(ways) as Way[];
  const samples = new Map(
    names.map((way) => [
      way,
      new Map<Test, Sample[]>([
        ['SET', []],
        ['GET', []],
      ]),
    ]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const way of names) {
      for (const [test, sample] of await redisBenchmark(image, ways[way])) samples.get(way)?.get(test)?.push(sample);
    }
  }
  return samples;
};

const redisBenchmark = async (image: string, { host, port }: Address): Promise<[Test, Sample][]> => {
  const load = ['-c', String(clients), '-n', String(requests), '-d', '64', '-P', '1', '-t', 'set,get', '--csv'];
  const command = ['redis-benchmark', '-h', host, '-p', String(port), ...load];
  const { stdout } = await run('docker', ['run', '--rm', '--network', 'host', image, ...command]);
  return (['SET', 'GET'] as const).map((test) => [test, sampleOf(stdout, test)]);
};

/** A line of `--csv`: "SET","74220.00","0.5","0.1","0.367","0.6","0.775","1.2": test, rps, then avg, min, p50, p95, p99, max in ms. */
const sampleOf = (csv: string, test: Test): Sample => {
  const line = csv.split('\n').find((each) => each.startsWith(`"${test}"`));
  const [perSecond, , , p50Ms, , p99Ms] = (line ?? '').replaceAll('"', '').split(',').slice(1).map(Number);
  if (perSecond === undefined || p50Ms === undefined || p99Ms === undefined) {
    throw new Error(`redis-benchmark printed no figures for ${test}: ${csv}`);
  }
  return { perSecond, p50Ms, p99Ms };
};

const rowsOf = (test: Test, samples: Samples): EdgeRow[] => {
  const middle = (way: Way, field: keyof Sample): number =>
    median((samples.get(way)?.get(test) ?? []).map((sample) => sample[field]));
  const throughput = middle('edge', 'perSecond');
  const published = middle('published', 'perSecond');
  return [
    compared(`${test} through the edge, against docker -p`, 'requests/s', throughput, published, 1.2),
    compared(`${test} through the edge, against direct`, 'requests/s', throughput, middle('direct', 'perSecond')),
    compared(
      `${test} p50 through the edge, against docker -p`,
      'ms',
      middle('edge', 'p50Ms'),
      middle('published', 'p50Ms'),
    ),
    compared(
      `${test} p99 through the edge, against docker -p`,
      'ms',
      middle('edge', 'p99Ms'),
      middle('published', 'p99Ms'),
    ),
  ];
};

const figure = (name: string, value: number): EdgeRow => ({
  name,
  unit: 'ms',
  value,
  reference: null,
  ratio: null,
  aim: null,
  met: null,
});

const compared = (name: string, unit: EdgeRow['unit'], value: number, reference: number, least?: number): EdgeRow => {
  const ratio = value / reference;
  const aim = least === undefined ? null : `≥ ${String(least)}×`;
  return { name, unit, value, reference, ratio, aim, met: least === undefined ? null : ratio >= least };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.table(await benchEdge());
