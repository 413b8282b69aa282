import { Gauge, type Registry } from 'prom-client';
import type { Db } from '#persistence/connection.js';
import { countDatabases, countOperations, readBacklog } from '#persistence/pages/counts.js';

/** Figures that Postgres knows, read when Prometheus asks. */
export const stateMetrics = (registry: Registry, db: Db): void => {
  const registers = [registry];
  new Gauge({
    name: 'holdfast_operations',
    help: 'Operations by kind and status.',
    labelNames: ['kind', 'status'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { kind, status, count } of await countOperations(db)) this.set({ kind, status }, count);
    },
  });
  new Gauge({
    name: 'holdfast_databases',
    help: 'Databases by status.',
    labelNames: ['status'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { status, count } of await countDatabases(db)) this.set({ status }, count);
    },
  });
  const oldest = new Gauge({
    name: 'holdfast_oldest_queued_operation_seconds',
    help: 'Age of the oldest operation that waits for a worker.',
    registers,
  });
  new Gauge({
    name: 'holdfast_outbox_depth',
    help: 'Wake-ups that are due and not sent yet.',
    registers,
    async collect() {
      const { due, oldestQueuedSeconds } = await readBacklog(db);
      this.set(due);
      oldest.set(oldestQueuedSeconds);
    },
  });
};
