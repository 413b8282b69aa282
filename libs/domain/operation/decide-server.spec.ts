import { describe, expect, it } from '@jest/globals';
import { decideDeprovision, decideProvision, decideReload, decideRestart } from './decide-server.js';
import { explore, type Kind, type World } from './testing/server-model.js';

const requestedAt = new Date('2026-11-22T12:00:00Z');

const container = (overrides: Partial<NonNullable<World['container']>> = {}): NonNullable<World['container']> => ({
  owned: true,
  running: true,
  generation: 3,
  operationId: 'an-older-operation',
  startedAt: new Date('2026-11-20T00:00:00Z'),
  ...overrides,
});

const containers = [
  null,
  ...[true, false].flatMap((running) =>
    ['an-older-operation', 'this-operation'].map((operationId) => container({ running, operationId })),
  ),
];

const worlds: World[] = containers.flatMap((one) =>
  [true, false].flatMap((volume) => [true, false].map((doors) => ({ container: one, volume, doors, ready: false }))),
);

const kinds: Record<string, Kind> = {
  provision: {
    decide: decideProvision,
    from: worlds.filter((world) => world.volume || !world.container),
    reached: (world) => world.container?.running === true && world.volume && world.doors && world.ready,
  },
  restart: {
    decide: (situation) => decideRestart(situation, requestedAt),
    from: worlds.filter((world) => world.container && world.volume),
    reached: ({ container: one, doors, ready }) =>
      one?.running === true && one.startedAt !== null && one.startedAt > requestedAt && doors && ready,
  },
  reload: {
    decide: decideReload,
    from: worlds.filter((world) => world.volume),
    reached: ({ container: one, volume, doors, ready }) =>
      one?.running === true && one.operationId === 'this-operation' && volume && doors && ready,
  },
  deprovision: {
    decide: (situation) => decideDeprovision(situation),
    from: worlds,
    reached: (world) => world.container === null && !world.volume && !world.doors,
  },
};

describe.each(Object.entries(kinds))('the decisions of %s', (_, kind) => {
  it('come to an end from every situation, and only where it wants to be', () => {
    const { ends, refusals } = explore(kind, { crashes: 0, strangers: 0 });
    expect(ends.every(kind.reached)).toBe(true);
    expect(ends.length).toBeGreaterThan(0);
    expect(refusals).toEqual([]);
  });

  it('go on after a crash before or after any action, as often as it happens', () => {
    const { ends, refusals } = explore(kind, { crashes: 3, strangers: 0 });
    expect(ends.every(kind.reached)).toBe(true);
    expect(refusals).toEqual([]);
  });

  it('never call it done when somebody stops or removes the container on the way', () => {
    const { ends, refusals } = explore(kind, { crashes: 1, strangers: 2 });
    expect(ends.filter((end) => !kind.reached(end))).toEqual([]);
    // What it cannot go on from is transient: the next attempt begins with a look at what is there.
    expect(refusals.filter(({ code }) => code !== 'server_not_ready' && code !== 'database_not_ready')).toEqual([]);
  });

  it('change nothing about a world that is as it should be', () => {
    const { ends } = explore(kind, { crashes: 0, strangers: 0 });
    const again = ends.map((world) => explore({ ...kind, from: [world] }, { crashes: 0, strangers: 0 }).ends[0]);
    expect(again.every((world) => world && kind.reached(world))).toBe(true);
  });
});

describe('the guard before every decision', () => {
  const situation = { operationId: 'this-operation', generation: 3, done: new Set<string>() };
  const deciders = { decideProvision, decideReload, decideRestart: kinds['restart']?.decide ?? decideReload };

  it.each(Object.entries(deciders))('%s refuses a container of a stranger', (_, decide) => {
    const decision = decide({ ...situation, container: container({ owned: false }), volumeExists: true });
    expect(decision).toMatchObject({ next: 'refuse', code: 'name_taken_by_stranger' });
  });

  it.each(Object.entries(deciders))('%s refuses to touch a newer generation', (_, decide) => {
    const decision = decide({ ...situation, container: container({ generation: 4 }), volumeExists: true });
    expect(decision).toMatchObject({ next: 'refuse', code: 'stale_generation' });
  });

  it('lets a deprovision pass by a container of a stranger', () => {
    const done = new Set(['close-doors']);
    const decision = decideDeprovision({
      ...situation,
      done,
      container: container({ owned: false }),
      volumeExists: false,
    });
    expect(decision).toEqual({ next: 'finish' });
  });
});

describe('the order of actions', () => {
  const orderOf = (name: string, world: World): string[] => {
    const kind = kinds[name];
    if (!kind) throw new Error(name);
    return explore({ ...kind, from: [world] }, { crashes: 0, strangers: 0 }).orders[0] ?? [];
  };
  const nothing: World = { container: null, volume: false, doors: false, ready: false };
  const serving: World = { container: container(), volume: true, doors: true, ready: true };

  it('provision', () => {
    expect(orderOf('provision', nothing)).toEqual(['prepare', 'create', 'start', 'await-ready']);
  });

  it('provision again, over what an earlier operation left behind: that first goes', () => {
    expect(orderOf('provision', { ...nothing, container: container(), volume: true }).slice(0, 2)).toEqual([
      'remove',
      'prepare',
    ]);
  });

  it('restart', () => {
    expect(orderOf('restart', serving)).toEqual(['stop', 'start', 'await-ready']);
  });

  it('reload', () => {
    expect(orderOf('reload', serving)).toEqual(['stop', 'remove', 'prepare', 'create', 'start', 'await-ready']);
  });

  it('deprovision: clients see the end first, the data goes last', () => {
    expect(orderOf('deprovision', serving)).toEqual(['close-doors', 'stop', 'remove', 'remove-volume']);
  });

  it('deprovision of a replica: its source lets it in no more, when nothing of it is left', () => {
    const gone = { operationId: 'this-operation', generation: 3, container: null, volumeExists: false, follows: true };
    expect(decideDeprovision({ ...gone, done: new Set(['close-doors']) })).toEqual({ next: 'tidy' });
    expect(decideDeprovision({ ...gone, done: new Set(['close-doors', 'tidy']) })).toEqual({ next: 'finish' });
    expect(decideDeprovision({ ...gone, volumeExists: true, done: new Set(['close-doors']) })).toEqual({
      next: 'remove-volume',
    });
  });

  it('reload of a database whose volume is gone is refused, unless it keeps its data in memory only', () => {
    const situation = { operationId: 'this-operation', generation: 3, container: null, done: new Set<string>() };
    expect(decideReload({ ...situation, volumeExists: false })).toMatchObject({
      next: 'refuse',
      code: 'volume_missing',
    });
    expect(decideReload({ ...situation, volumeExists: false }, false)).toEqual({ next: 'prepare' });
  });

  it('restart of a missing container is refused with the way out', () => {
    const decision = kinds['restart']?.decide({
      operationId: 'this-operation',
      generation: 3,
      container: null,
      done: new Set(),
      volumeExists: true,
    });
    expect(decision).toMatchObject({ next: 'refuse', code: 'database_not_ready' });
  });
});
