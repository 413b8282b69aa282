import { setFlagsFromString } from 'node:v8';

/** After a collection the heap may grow by as much as has survived it. */
const growthPercent = 100;

/**
 * V8 counts the buffers that stream by as growth of the heap, and each is garbage a moment later. In a process that has been idle it allows the
 * heap a few megabytes of growth; then every backup and restore collects the whole heap several times a second, for nothing (docs/benchmarks.md).
 */
export const letHeapGrow = (): void => setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
