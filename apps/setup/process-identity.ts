import { readFileSync } from 'node:fs';

/**
 * Tells one process from another with the same pid, also across reboots: the boot of the machine, and the process's start counted from it.
 * Null when nothing of it is left but a zombie. A process that is ending has lost its command line first and holds its ports until its
 * last thread has ended, so neither the command line nor a zombie with threads says that it is gone.
 */
export const identityOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; the rest is counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, threads, startTicks] = [fields[0], Number(fields[17]), fields[19]];
    return state === 'Z' && threads <= 1 ? null : `${bootId()}:${startTicks}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
};

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
