import { randomInt } from 'node:crypto';
import { createInstallation, type Installation } from '../support/installation.js';
import { uniqueName } from '../support/names.js';
import { finished, request } from '../support/requests.js';
import { rawArchive, rawNetwork, rawProvision, rawRemove } from './raw-provision.js';
import { compared, median, type Row } from './row.js';

const rounds = 15;
const atOnce = 20;
const rawBatches = 3;

/** A provision as a client sees it, beside the engine's own calls for the same container. */
export const benchProvision = async (): Promise<readonly Row[]> => {
  const installation = await createInstallation();
  const raw = await RawSide.open();
  try {
    await installation.start('standalone');
    await provisionAll(installation, 2);
    await raw.provisionAll(2);
    const single = await inTurns(
      rounds,
      () => provisionAll(installation, 1),
      () => raw.provisionAll(1),
    );
    const many = await inTurns(
      rawBatches,
      () => provisionAll(installation, atOnce),
      () => raw.provisionAll(atOnce),
    );
    return [
      compared('accepted to ready, one provision', 'ms', single.ours, single.raw, { most: 1.3 }),
      compared(`accepted to ready, ${atOnce} at once, the last of them`, 'ms', many.ours, many.raw, { most: 1.2 }),
    ];
  } finally {
    await raw.close();
    await installation.close();
  }
};

/** Medians of both sides, measured in turns so that a neighbour's load on the machine falls on both. */
const inTurns = async (
  turns: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number; raw: number }> => {
  const [own, raw]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    own.push(await ours());
    raw.push(await theirs());
  }
  return { ours: median(own), raw: median(raw) };
};

/** Over HTTP, followed as the CLI follows it, until the last one is ready; removes them again. Returns ms. */
const provisionAll = async (installation: Installation, count: number): Promise<number> => {
  const startedAt = performance.now();
  const made = await Promise.all(Array.from({ length: count }, () => provision(installation)));
  const tookMs = performance.now() - startedAt;
  const gone = await Promise.all(made.map((id) => request(installation, id, 'deprovision')));
  await Promise.all(gone.map((id) => finished(installation, id)));
  return tookMs;
};

const provision = async ({ url, token }: Installation): Promise<string> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ handle: uniqueName('b'), memoryMb: 64 });
  const answer = await fetch(`${url}/v1/environments/default/databases`, { method: 'POST', headers, body });
  if (answer.status !== 202) throw new Error(await answer.text());
  const { database, operation } = (await answer.json()) as { database: { id: string }; operation: { id: string } };
  const log = await fetch(`${url}/v1/operations/${operation.id}/log`, {
    headers: { ...headers, accept: 'text/event-stream' },
  });
  const events = await log.text();
  if (!events.includes('"status":"succeeded"')) throw new Error(events);
  return database.id;
};

class RawSide {
  private next = 10;

  private constructor(
    private readonly network: string,
    private readonly prefix: string,
    private readonly archive: Buffer,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<RawSide> {
    const network = uniqueName('raw');
    const prefix = `10.${randomInt(200, 208)}.${randomInt(256)}`;
    return new RawSide(network, prefix, await rawArchive(), await rawNetwork(network, `${prefix}.0/24`));
  }

  async provisionAll(count: number): Promise<number> {
    const names = Array.from({ length: count }, () => uniqueName('raw'));
    const startedAt = performance.now();
    await Promise.all(names.map((name) => rawProvision(name, this.network, this.address(), this.archive)));
    const tookMs = performance.now() - startedAt;
    await Promise.all(names.map(rawRemove));
    return tookMs;
  }

  private address(): string {
    this.next = this.next >= 250 ? 10 : this.next + 1;
    return `${this.prefix}.${this.next}`;
  }
}
