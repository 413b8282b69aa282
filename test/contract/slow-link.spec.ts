import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { infoOf, RawPair, tlsOf, type RawServer } from '../support/checker/raw-pair.js';
import { eventually } from '../support/eventually.js';
import { SlowLink } from '../support/slow-link.js';

/** A replica that follows over a line which the test spoils: TLS passes through it, and nobody notices whom it dials. */

jest.setTimeout(30_000);

let pair: RawPair;
let [source, replica]: RawServer[] = [];
let line: SlowLink;

beforeAll(async () => {
  pair = await RawPair.start('6.0', 'none');
  [source, replica] = pair.servers;
  line = await SlowLink.open(pair.gateway, tlsOf(source));
  await pair.follow(replica, source, line.address);
}, 60_000);

afterAll(async () => {
  await pair.close();
  await line.close();
}, 60_000);

const set = (key: string, value = 'there'): Promise<unknown> => source!.manager.set(key, value);
const arrived = async (key: string): Promise<void> => {
  if ((await replica!.manager.exists(key)) !== 1) throw new Error(`${key} has not arrived`);
};
/** In ms, from the write to its arrival. */
const timeOf = async (key: string, value?: string): Promise<number> => {
  const startedAtMs = performance.now();
  await set(key, value);
  await eventually(() => arrived(key), { withinMs: 10_000 });
  return performance.now() - startedAtMs;
};

describe('a line between two servers', () => {
  it('is not noticed while it is good', async () => {
    expect(await timeOf('good')).toBeLessThan(200);
    expect(await infoOf(replica!)).toMatchObject({ master_host: pair.gateway, master_link_status: 'up' });
  });

  it('can be long', async () => {
    line.set({ delayMs: 300 });
    expect(await timeOf('long')).toBeGreaterThanOrEqual(290);
  });

  it('can be narrow, and keeps the order of what goes over it', async () => {
    line.set({ bytesPerSecond: 200_000 });
    expect(await timeOf('narrow', 'x'.repeat(100_000))).toBeGreaterThanOrEqual(400);
    line.heal();
    expect(await replica!.manager.strlen('narrow')).toBe(100_000);
  });

  it('can be silent, and nothing is lost when it speaks again', async () => {
    line.stall();
    await set('silent');
    await expect(eventually(() => arrived('silent'), { withinMs: 300 })).rejects.toThrow('has not arrived');
    expect(await infoOf(replica!)).toMatchObject({ master_link_status: 'up' });
    line.heal();
    await eventually(() => arrived('silent'), { withinMs: 5_000 });
  });

  it('can be broken and mended', async () => {
    line.cut();
    await eventually(async () => expect(await infoOf(replica!)).toMatchObject({ master_link_status: 'down' }), {
      withinMs: 5_000,
    });
    await set('broken');
    line.heal();
    await pair.linkUp(replica!);
    await eventually(() => arrived('broken'), { withinMs: 5_000 });
  });
});
