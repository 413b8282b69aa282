import type { Decision, DeprovisionSituation, ObservedContainer } from '../decide-server.js';

/** What a host looks like, as far as the decisions care. */
export interface World {
  readonly container: ObservedContainer | null;
  readonly volume: boolean;
  readonly doors: boolean;
  /** Whether this container was seen to answer, through its doors, since it was started. */
  readonly ready: boolean;
}

export interface Kind {
  readonly decide: (situation: DeprovisionSituation) => Decision<string>;
  readonly from: readonly World[];
  /** Whether the operation may call itself done. */
  readonly reached: (world: World) => boolean;
}

/** How much goes wrong on one way: crashes of the worker, and strangers who stop or remove the container. */
interface Mischief {
  readonly crashes: number;
  readonly strangers: number;
}

interface State extends Mischief {
  readonly world: World;
  readonly done: readonly string[];
  readonly order: readonly string[];
}

export interface Exploration {
  readonly ends: World[];
  readonly orders: string[][];
  readonly refusals: { readonly code: string; readonly world: World }[];
}

const newStart = new Date('2026-11-22T12:00:30Z');

/** The effect of each action on the host. An action that cannot be carried out leaves the world as it is, as a failed one would. */
const effects: Record<string, (world: World) => World> = {
  prepare: (world) => ({ ...world, volume: true }),
  create: (world) => (world.container ? world : { ...world, container: created, ready: false }),
  start: (world) => ({ ...withContainer(world, { running: true, startedAt: newStart }), doors: true }),
  stop: (world) => withContainer(world, { running: false }),
  remove: (world) => ({ ...world, container: null, ready: false }),
  'remove-volume': (world) => ({ ...world, volume: false }),
  'open-doors': (world) => ({ ...world, doors: true }),
  'close-doors': (world) => ({ ...world, doors: false }),
  admit: (world) => world,
  'await-link': (world) => world,
  'await-ready': (world) => ({ ...world, ready: world.container?.running === true && world.doors }),
};

const created: ObservedContainer = {
  owned: true,
  running: false,
  generation: 3,
  operationId: 'this-operation',
  startedAt: null,
};

const withContainer = (world: World, change: Partial<ObservedContainer>): World =>
  world.container ? { ...world, container: { ...world.container, ...change }, ready: false } : world;

/** Every way that the decisions can go from the kind's worlds, with every placing of the mischief. Throws when one does not end. */
export const explore = (kind: Kind, mischief: Mischief): Exploration => {
  const found: Exploration = { ends: [], orders: [], refusals: [] };
  const seen = new Set<string>();
  const waiting: State[] = kind.from.map((world) => ({ ...mischief, world, done: [], order: [] }));
  for (let state = waiting.pop(); state; state = waiting.pop()) {
    const { world, done, crashes, strangers } = state;
    const key = JSON.stringify([world, [...done].sort(), crashes, strangers]);
    if (seen.has(key)) continue;
    seen.add(key);
    waiting.push(...next(kind, state, found));
  }
  return found;
};

const longest = 40;

const next = (kind: Kind, state: State, found: Exploration): State[] => {
  const { world, done, order, crashes, strangers } = state;
  if (order.length > longest) throw new Error(`Does not end: ${order.join(' ')}`);
  const decision = kind.decide({
    operationId: 'this-operation',
    generation: 3,
    container: world.container,
    volumeExists: world.volume,
    done: new Set(done),
  });
  if ('detail' in decision) {
    found.refusals.push({ code: decision.code, world });
    return [];
  }
  if (decision.next === 'finish') {
    found.ends.push(world);
    found.orders.push([...order]);
    return [];
  }
  const action = decision.next;
  const acted = effects[action]?.(world);
  if (!acted) throw new Error(`The model does not know ${action}`);
  const after = { ...state, order: [...order, action] };
  const meddled = [withContainer(acted, { running: false }), { ...acted, container: null, ready: false }];
  return [
    { ...after, world: acted, done: [...done, action] },
    ...(crashes > 0 ? [world, acted].map((one) => ({ ...after, world: one, done: [], crashes: crashes - 1 })) : []),
    ...(strangers > 0
      ? meddled.map((one) => ({ ...after, world: one, done: [...done, action], strangers: strangers - 1 }))
      : []),
  ];
};
