/** How the process of a server ended that nobody had asked to. */
export interface ProcessEnd {
  readonly exitCode: number;
  /** The kernel ended it, because its container had no memory left. */
  readonly outOfMemory: boolean;
}

/** SIGKILL and SIGTERM, as a process' exit code tells them. */
const signalCodes = { kill: 137, term: 143 } as const;

/** Redis ends with 0 when it is told to, also while it loads: whoever did that meant no more than a stop. */
export const wasAskedFor = ({ exitCode, outOfMemory }: ProcessEnd): boolean =>
  !outOfMemory && (exitCode === 0 || exitCode === signalCodes.term);

/** It ended itself, over what it was given: neither was it killed, nor did it lack memory. */
export const endedItself = (end: ProcessEnd): boolean =>
  !end.outOfMemory && !wasAskedFor(end) && end.exitCode !== signalCodes.kill;

/** As the end of "it ended …". */
export const describeEnd = ({ exitCode, outOfMemory }: ProcessEnd): string => {
  if (outOfMemory) return `because the kernel killed it: its container had no memory left (exit code ${exitCode})`;
  if (exitCode === signalCodes.kill) return `because somebody killed it (exit code ${exitCode})`;
  return `by itself, with exit code ${exitCode}`;
};
