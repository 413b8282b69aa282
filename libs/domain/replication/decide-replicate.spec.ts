import { describe, expect, it } from '@jest/globals';
import { explore, type World } from '../operation/testing/server-model.js';
import type { ServerSituation } from '../operation/decide-server.js';
import { decideReplicate } from './decide-replicate.js';
import { decideUnlink } from './decide-unlink.js';

const nothing: World = { container: null, volume: false, doors: false, ready: false };
const size = { memoryMb: 128, diskGb: 10 };
const kind = {
  decide: (situation: ServerSituation) => decideReplicate({ ...situation, size, sourceSize: size }),
  from: [nothing],
  reached: (world: World): boolean => world.container?.running === true && world.volume && world.doors && world.ready,
};

describe('decideReplicate', () => {
  it('lets the source admit the replica before its server is made, and waits for the link last', () => {
    const { orders } = explore(kind, { crashes: 0, strangers: 0 });
    expect(orders).toEqual([['prepare', 'admit', 'create', 'start', 'await-ready', 'await-link']]);
  });

  it('ends well after crashes anywhere, with an admission and a link in the last attempt', () => {
    const { ends, orders, refusals } = explore(kind, { crashes: 3, strangers: 0 });
    expect(ends.every(kind.reached)).toBe(true);
    expect(orders.every((order) => order.includes('admit') && order.at(-1) === 'await-link')).toBe(true);
    expect(refusals).toEqual([]);
  });

  it.each([
    ['memory', { memoryMb: 129, diskGb: 10 }],
    ['disk', { memoryMb: 128, diskGb: 11 }],
  ])('refuses a replica that has less %s than its source has now, before anything is made', (_, sourceSize) => {
    const situation = { operationId: 'this', generation: 1, container: null, done: new Set<string>(), size };
    expect(decideReplicate({ ...situation, sourceSize })).toMatchObject({ code: 'replica_too_small' });
  });

  it('never calls it done when somebody stops or removes the container on the way', () => {
    const { ends } = explore(kind, { crashes: 1, strangers: 1 });
    expect(ends.filter((end) => !kind.reached(end))).toEqual([]);
  });
});

describe('decideUnlink', () => {
  it('writes down first, and makes the servers so after that, from wherever an attempt begins', () => {
    const order: string[] = [];
    for (let next = decideUnlink(new Set()).next; next !== 'finish'; next = decideUnlink(new Set(order)).next) {
      order.push(next);
    }
    expect(order).toEqual(['record', 'persist', 'detach', 'open-doors', 'tidy']);
  });
});
