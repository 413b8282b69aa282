import type { PersistenceMode } from './persistence.js';

export const memoryBoundsMb = { minimum: 64, maximum: 786_432, default: 1024 } as const;
export const diskBoundsGb = { minimum: 1, maximum: 16_384, default: 10 } as const;

export const maxmemoryPolicies = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
] as const;
export type MaxmemoryPolicy = (typeof maxmemoryPolicies)[number];

const mebibyte = 1024 * 1024;

/** The server itself, its connections and the allocator need this much whatever the data. */
const fixedOverheadBytes = 24 * mebibyte;

/**
 * Share of the memory limit that data may take. A persistent server forks to save and then shares pages with its child
 * only until they are written, and it keeps buffers for replicas; without the headroom the kernel kills it
 * (reference/managed-databases.md 2.9, defect 4; the reference advises to stay below 70 %).
 */
const dataShare: Record<PersistenceMode, number> = { aof: 0.7, rdb: 0.7, none: 0.8 };

export const memoryLimitBytes = (memoryMb: number): number => memoryMb * mebibyte;

/** `maxmemory` for a container of this size. */
export const maxmemoryBytes = (memoryMb: number, mode: PersistenceMode): number =>
  Math.floor((memoryLimitBytes(memoryMb) - fixedOverheadBytes) * dataShare[mode]);

/** Relative CPU weight: a quarter of a CPU (256 shares) for each GB, as the reference's general-purpose profile. */
export const cpuShares = (memoryMb: number): number => Math.max(2, Math.floor(memoryMb / 4));

/** What a server that has little to save, or nothing that is kept, is given to end. */
export const leastStopGraceSeconds = 30;
/** The operations that stop a server have an hour, and have to start it again. */
export const mostStopGraceSeconds = 3000;
/** What a busy disk takes of a last save. */
const savedMbPerSecond = 50;

/** A server ends within this time, its last save included, or is killed: and then what was written since the save before is lost with mode `rdb`. */
export const stopGraceSeconds = (memoryMb: number): number =>
  Math.min(mostStopGraceSeconds, leastStopGraceSeconds + Math.ceil(memoryMb / savedMbPerSecond));
