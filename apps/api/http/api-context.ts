import type { Logger } from '#observability/logger.js';
import type { Registry } from '#observability/metrics.js';
import type { BackupEngines } from '#operations/backup/export.js';
import type { Control } from '#operations/control.js';
import type { BoardQueue } from '../queues/queue-board.js';
import type { History } from '../audit/history.js';

/** What the API is made of; its maker decides where each comes from. */
export interface ApiParts {
  readonly control: Control;
  /** Of the server that `control.db` is connected to: the live streams listen on a connection of their own. */
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Shown at /queues, read-only. */
  readonly queues: readonly BoardQueue[];
  /** Rejects when the queue's Redis does not answer. */
  readonly pingQueue: (signal: AbortSignal) => Promise<void>;
  readonly history: History;
  /** Stores and streams; for nothing but bytes on their way in and out. */
  readonly backups: BackupEngines;
}

/** The parts as Nest hands them to controllers. */
export class ApiContext implements ApiParts {
  readonly control!: Control;
  readonly databaseUrl!: string;
  readonly logger!: Logger;
  readonly registry!: Registry;
  readonly queues!: readonly BoardQueue[];
  readonly pingQueue!: (signal: AbortSignal) => Promise<void>;
  readonly history!: History;
  readonly backups!: BackupEngines;

  constructor(parts: ApiParts) {
    Object.assign(this, parts);
  }
}
