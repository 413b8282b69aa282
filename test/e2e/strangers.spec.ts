import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import { labels } from '#domain/server/names.js';
import { docker, namedLike } from '../support/host.js';
import { redisImage } from '../support/images.js';
import { Live } from '../support/live.js';

/** Somebody else's container or volume that bears the name of a database: refused, and never touched. */

jest.setTimeout(60_000);

const kinds = ['container', 'volume'] as const;
type Kind = (typeof kinds)[number];

let live: Live;
const requested = new Map<Kind, { database: Database; operation: Operation }>();

/** The requests are taken while no worker runs, so that the strangers come first. */
beforeAll(async () => {
  live = await Live.start({}, ['api', 'scheduler']);
  for (const kind of kinds) requested.set(kind, await live.requestDatabase(`wants-${kind}`));
  await docker('create', '--name', nameFor('container'), redisImage('8.0'), 'redis-server');
  await docker('volume', 'create', '--label', 'whose=not-ours', nameFor('volume'));
  await live.installation.start('lifecycle-worker');
}, 60_000);

afterAll(async () => {
  try {
    await docker('rm', nameFor('container'));
    await docker('volume', 'rm', nameFor('volume'));
  } finally {
    await live.close();
  }
}, 60_000);

const request = (kind: Kind): { database: Database; operation: Operation } => {
  const found = requested.get(kind);
  if (!found) throw new Error(`Nothing was requested for the ${kind}`);
  return found;
};

/** Container and volume of a database have the same name. */
const nameFor = (kind: Kind): string => live.containerOf(request(kind).database.id);

const expectOnlyTheStranger = async (kind: Kind): Promise<void> => {
  expect(await namedLike(nameFor(kind))).toEqual([`${kind} ${nameFor(kind)}`]);
  expect(await docker(kind, 'inspect', nameFor(kind))).not.toContain(labels.subject);
};

it.each(kinds)(
  "a stranger's %s fails the provision, which names it and leaves nothing but the stranger",
  async (kind) => {
    const { error, status } = await live.finished(request(kind).operation.id);
    expect(status).toBe('failed');
    expect(error).toMatchObject({ code: 'name_taken_by_stranger', leftBehind: [] });
    expect(error?.detail).toContain(kind);
    expect(error?.remedy).toMatch(/remove or rename the stranger/i);
    await expectOnlyTheStranger(kind);
  },
);

it.each(kinds)("a stranger's %s survives the deprovision of the failed database", async (kind) => {
  await live.operate(request(kind).database, 'deprovision');
  await expectOnlyTheStranger(kind);
});

it('the handles are free again, and the next databases under them work', async () => {
  for (const kind of kinds) await live.provision(`wants-${kind}`);
});
