import { decideRetire, type RetireAction } from '#domain/credentials/decide-rotate.js';
import { forget, handOver, withdraw } from '../credentials/retire.js';
import type { KindHandler } from './kind.js';

/** Passwords that a rotation has replaced, and whose time is over, work no more. */
export const retireCredentials: KindHandler<ReadonlySet<string>, RetireAction> = {
  observe: (_context, done) => Promise.resolve(done),
  decide: decideRetire,
  actions: { 'hand-over': handOver, forget, withdraw },
  receipt: ({ database }) => ({ databaseId: database.id }),
};
