import { Counter, Histogram, type Registry } from 'prom-client';
import type { Db } from '#persistence/connection.js';
import { countUpgrades, endedUpgrades, upgradePauses, upgradeWays } from '#persistence/pages/upgrades.js';

/** From what a swap takes on a quiet machine to a large server that loads its data in place. */
const pauseBuckets = [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What upgrades came to and what they cost, read from Postgres when Prometheus asks: operations are never deleted, so the figures only grow. */
export const upgradeMetrics = (registry: Registry, db: Db): void => {
  const registers = [registry];
  new Counter({
    name: 'holdfast_upgrades_total',
    help: 'Upgrades, and ways back from them (back), that have ended, by method and outcome.',
    labelNames: ['method', 'outcome'] as const,
    registers,
    async collect() {
      const counts = await countUpgrades(db);
      this.reset();
      // A series that begins with its first upgrade would hide that one from a rate.
      for (const method of upgradeWays) for (const outcome of endedUpgrades) this.inc({ method, outcome }, 0);
      for (const { method, outcome, count } of counts) this.inc({ method, outcome }, count);
    },
  });
  new Histogram({
    name: 'holdfast_upgrade_write_pause_seconds',
    help: 'How long writes had to wait in an upgrade, or on the way back; in place, how long nobody answered.',
    labelNames: ['method'] as const,
    buckets: pauseBuckets,
    registers,
    async collect() {
      const pauses = await upgradePauses(db);
      // What the reading before has put into it goes with that as well.
      for (const method of upgradeWays) this.zero({ method });
      for (const { method, pauseMs } of pauses) this.observe({ method }, pauseMs / 1000);
    },
  });
};
