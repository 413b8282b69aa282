import { Gauge, type Registry } from 'prom-client';
import { lifecycles } from '#domain/catalogue/lifecycle.js';
import { dayOf, marks, standingOf } from '#domain/lifecycle/mark.js';
import type { Control } from '#operations/control.js';
import { countExemptions } from '#persistence/lifecycle-exemptions.js';
import { countMarks, countVersions } from '#persistence/lifecycle-marks.js';

/** How old the versions are that databases run, computed when Prometheus asks; when the last sweep was made stands among all sweeps. */
export const lifecycleMetrics = (registry: Registry, control: Control): void => {
  const registers = [registry];
  new Gauge({
    name: 'holdfast_databases_lifecycle',
    help: 'Databases by the lifecycle of their version; one that the catalogue no longer has counts as deprecated.',
    labelNames: ['lifecycle'] as const,
    registers,
    async collect() {
      const counts = Object.fromEntries(lifecycles.map((lifecycle) => [lifecycle, 0]));
      for (const { version, databases } of await countVersions(control.db)) {
        const { lifecycle } = standingOf(control.catalogue, version, control.now());
        counts[lifecycle] = (counts[lifecycle] ?? 0) + databases;
      }
      for (const [lifecycle, databases] of Object.entries(counts)) this.set({ lifecycle }, databases);
    },
  });
  new Gauge({
    name: 'holdfast_databases_marked',
    help: 'Databases by the mark of the deprecation sweep.',
    labelNames: ['mark'] as const,
    registers,
    async collect() {
      const counts = await countMarks(control.db);
      for (const mark of marks) this.set({ mark }, counts.find((one) => one.mark === mark)?.databases ?? 0);
    },
  });
  new Gauge({
    name: 'holdfast_databases_exempted',
    help: 'Databases that are let off from the deprecation sweep today.',
    registers,
    async collect() {
      this.set(await countExemptions(control.db, dayOf(control.now())));
    },
  });
  new Gauge({
    name: 'holdfast_catalogue_refused',
    help: '1 while the file of the version catalogue is not valid and the catalogue before it stays in force, else 0.',
    registers,
    collect() {
      this.set(Number(control.catalogueRefusal !== null));
    },
  });
};
