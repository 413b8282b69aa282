import type { Control } from '#operations/control.js';
import { requestDiscards } from '#operations/requests/request-discards.js';
import type { Duty } from './upkeep.js';

/** Servers that upgrades have kept go when their time is over. The duty asks, an operation does. */
export const discardDuty = (control: Control): Duty => ({
  name: 'kept servers',
  work: async () => {
    await requestDiscards(control);
  },
});
