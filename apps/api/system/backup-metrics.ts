import { Gauge, type Registry } from 'prom-client';
import { backupAges } from '#persistence/backup-ages.js';
import type { Db } from '#persistence/connection.js';

/** How well the promises about backups are kept, read from Postgres when Prometheus asks: one series for each database under a schedule. */
export const backupMetrics = (registry: Registry, db: Db): void => {
  const perDatabase = { labelNames: ['environment', 'database'] as const, registers: [registry] };
  new Gauge({
    ...perDatabase,
    name: 'holdfast_backup_verified_timestamp_seconds',
    help: 'Moment of the data of the newest verified backup, as Unix time; 0 when there is none.',
    async collect() {
      this.reset();
      for (const { environment, handle, verified_at: at } of await backupAges(db)) {
        this.set({ environment, database: handle }, (at?.getTime() ?? 0) / 1000);
      }
    },
  });
  new Gauge({
    ...perDatabase,
    name: 'holdfast_backup_overdue',
    help: '1 while a database has had no verified backup for longer than its policy promises, else 0.',
    async collect() {
      this.reset();
      for (const { environment, handle, overdue_since: since } of await backupAges(db)) {
        this.set({ environment, database: handle }, Number(since !== null));
      }
    },
  });
  new Gauge({
    ...perDatabase,
    name: 'holdfast_backup_emptied',
    help: '1 for thirty days of backups of a database that hold no key after one that does, else 0.',
    async collect() {
      this.reset();
      for (const { environment, handle, emptied } of await backupAges(db)) {
        this.set({ environment, database: handle }, Number(emptied));
      }
    },
  });
};
