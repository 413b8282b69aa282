import { Gauge, type Registry } from 'prom-client';
import { daysLeft } from '#domain/certificates/renewal.js';
import { certificateEnds } from '#persistence/certificates.js';
import type { Db } from '#persistence/connection.js';

/** How long certificates are good for, read from Postgres when Prometheus asks. */
export const certificateMetrics = (registry: Registry, db: Db, now: () => Date): void => {
  const registers = [registry];
  new Gauge({
    name: 'holdfast_certificate_not_after_timestamp_seconds',
    help: 'When the certificate of a database ends, as Unix time.',
    labelNames: ['environment', 'database'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { environment, handle, not_after: notAfter } of await certificateEnds(db)) {
        this.set({ environment, database: handle }, notAfter.getTime() / 1000);
      }
    },
  });
  new Gauge({
    name: 'holdfast_certificate_next_expiry_days',
    help: 'Days until the first certificate of a database ends; infinite when there is none.',
    registers,
    async collect() {
      const [first] = await certificateEnds(db);
      this.set(first ? daysLeft(first.not_after, now()) : Infinity);
    },
  });
};
