/** Of a server that is to fork: its data, all that it holds, and what its container may hold. Bytes. */
export interface ServerMemory {
  readonly usedBytes: number;
  readonly residentBytes: number;
  readonly limitBytes: number;
}

/** Share of the data that may be written anew while the copy runs: pages that parent and child no longer share. */
const rewrittenShare = 0.1;
const margin = 8 * 1024 * 1024;

/**
 * Null when the server can fork without its container running out of memory; else how many bytes are missing. A server that outgrows its
 * limit is killed by the kernel, so a backup that could do that is not begun.
 */
export const missingForFork = ({ usedBytes, residentBytes, limitBytes }: ServerMemory): number | null => {
  const needed = residentBytes + usedBytes * rewrittenShare + margin;
  return needed <= limitBytes ? null : Math.ceil(needed - limitBytes);
};
