import type { ObjectStore, ObjectStores } from '#engine/ports/object-store.js';
import type { Engines } from './context.js';

/**
 * The engines of one attempt: each call asks first whether the lease still runs. A process that was paused and goes on
 * where it stood must not touch what another worker has taken over meanwhile.
 */
export const fenced = (engines: Engines, requireHeld: () => void): Engines => ({
  containers: fence(engines.containers, requireHeld),
  redis: fence(engines.redis, requireHeld),
  edge: fence(engines.edge, requireHeld),
  certificates: engines.certificates,
  stores: fencedStores(engines.stores, requireHeld),
  streams: engines.streams,
  foreign: engines.foreign,
});

/** Whoever only reads does no harm. */
const fencedStores = (stores: ObjectStores, requireHeld: () => void): ObjectStores => ({
  names: stores.names,
  open: (name) => {
    const store = stores.open(name);
    const guarded: Pick<ObjectStore, 'put' | 'remove'> = {
      put: async (...args) => (requireHeld(), store.put(...args)),
      remove: async (...args) => (requireHeld(), store.remove(...args)),
    };
    return {
      ...guarded,
      description: store.description,
      get: (...args) => store.get(...args),
      find: (...args) => store.find(...args),
      list: (...args) => store.list(...args),
      removeUnfinished: (...args) => store.removeUnfinished(...args),
    };
  },
});

/** All methods of the ports are asynchronous. */
const fence = <Engine extends object>(engine: Engine, requireHeld: () => void): Engine =>
  new Proxy(engine, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        requireHeld();
        return Reflect.apply(member, target, args) as Promise<unknown>;
      };
    },
  });
