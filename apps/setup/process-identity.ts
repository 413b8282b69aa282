import { readFileSync } from 'node:fs';

/**
 * Tells one run of a program from another with the same pid: its start time, counted from the boot of the machine.
 * Null when there is no such process, or it runs another program or is a zombie.
 */
export const identityOf = (pid: number, program: string): string | null => {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; the rest is counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === 'Z' || !commandLine.includes(program)) return null;
    return `${bootId()}:${startTicks}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
};

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
