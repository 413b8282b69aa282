import type { Control } from '../control.js';
import type { Engines } from './context.js';

export interface RunnerOptions {
  readonly control: Control;
  readonly engines: Engines;
  /** Names this process in leases and in the history. */
  readonly worker: string;
  readonly leaseMs: number;
  readonly memoryOvercommit: number;
  readonly edgeAddress: string;
  /** Told what nobody else would see: an error that is not in the catalogue. */
  readonly onUnexpected: (error: unknown, operationId: string) => void;
}
