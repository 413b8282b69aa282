export const persistenceModes = ['aof', 'rdb', 'none'] as const;
export type PersistenceMode = (typeof persistenceModes)[number];

/** The label that people see; the default mode has none (managed-redis.md). */
export const persistenceLabels: Record<PersistenceMode, string | null> = {
  aof: null,
  rdb: 'RDB-Only Persistence',
  none: 'NO PERSISTENCE',
};

const referenceSave = '900 1 300 10 60 10000';

/** The Redis settings of each mode, exactly the reference's (managed-redis.md, "Data Integrity and Durability"). */
export const persistenceSettings: Record<PersistenceMode, Readonly<Record<string, string>>> = {
  aof: { appendonly: 'yes', appendfsync: 'everysec', save: referenceSave },
  rdb: { appendonly: 'no', appendfsync: 'everysec', save: referenceSave },
  none: { appendonly: 'no', appendfsync: 'everysec', save: '' },
};

/** Said before a memory-only database is made or restarted. */
export const memoryOnlyWarning = 'This database keeps its data in memory only: a restart or a reload loses all of it.';
