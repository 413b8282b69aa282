import { Gauge, type Registry } from 'prom-client';
import { findingCodes } from '#domain/drift/finding.js';
import { sweepKinds } from '#domain/drift/sweep.js';
import type { Db } from '#persistence/connection.js';
import { replicaLags, type Lag } from '#persistence/observations.js';
import { countHealth } from '#persistence/pages/counts.js';
import { lastSweep } from '#persistence/sweeps.js';

/** What the sweeps have seen, read from Postgres when Prometheus asks. */
export const driftMetrics = (registry: Registry, db: Db): void => {
  const registers = [registry];
  new Gauge({
    name: 'holdfast_databases_health',
    help: 'Databases that are ready, by health.',
    labelNames: ['health'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { health, count } of await countHealth(db)) this.set({ health }, count);
    },
  });
  sweepMetrics(registers, db);
  lagMetrics(registers, db);
};

/** Each reads for itself: a figure that another one's reading sets would be that of the scrape before. */
const sweepMetrics = (registers: Registry[], db: Db): void => {
  const perKind = { labelNames: ['kind'] as const, registers };
  new Gauge({
    ...perKind,
    name: 'holdfast_sweep_duration_seconds',
    help: 'How long the last sweep took that came to its end.',
    async collect() {
      for (const kind of sweepKinds) {
        const sweep = await lastSweep(db, kind);
        if (sweep?.counts) this.set({ kind }, sweep.counts.durationMs / 1000);
      }
    },
  });
  new Gauge({
    ...perKind,
    name: 'holdfast_sweep_started_timestamp_seconds',
    help: 'When that sweep began, as Unix time.',
    async collect() {
      for (const kind of sweepKinds) {
        const sweep = await lastSweep(db, kind);
        if (sweep?.started_at) this.set({ kind }, sweep.started_at.getTime() / 1000);
      }
    },
  });
  new Gauge({
    name: 'holdfast_drift_findings',
    help: 'What the last drift sweep found, by code.',
    labelNames: ['code'] as const,
    registers,
    async collect() {
      const counts = (await lastSweep(db, 'drift'))?.counts;
      if (counts) for (const code of findingCodes) this.set({ code }, counts.byFinding[code] ?? 0);
    },
  });
};

const lagMetrics = (registers: Registry[], db: Db): void => {
  const lagGauge = (name: string, help: string, lagOf: (lag: Lag) => number | null): void => {
    new Gauge({
      ...{ name, help, registers },
      labelNames: ['environment', 'database'] as const,
      async collect() {
        this.reset();
        for (const lag of await replicaLags(db)) {
          const value = lagOf(lag);
          if (value !== null) this.set({ environment: lag.environment, database: lag.handle }, value);
        }
      },
    });
  };
  lagGauge(
    'holdfast_replication_lag_bytes',
    'What a replica lacked of its source, when both were last looked at.',
    ({ bytes }) => bytes,
  );
  lagGauge(
    'holdfast_replication_lag_seconds',
    'Since a replica last heard from its source, when it was last looked at.',
    ({ seconds }) => seconds,
  );
};
