import { readdirSync, readFileSync } from 'node:fs';

const everyMs = 50;

/** The most memory that a process and its children have had at one time, in MB; looked at each 50 ms. */
export class PeakMemory {
  megabytes = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.timer = setInterval(() => {
      this.megabytes = Math.max(
        this.megabytes,
        treeOf(pid).reduce((sum, one) => sum + residentMb(one), 0),
      );
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

const treeOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(treeOf)];

/** A process that ends meanwhile has none. */
const childrenOf = (pid: number): number[] => {
  try {
    const tasks = readdirSync(`/proc/${String(pid)}/task`);
    const lists = tasks.map((task) => readFileSync(`/proc/${String(pid)}/task/${task}/children`, 'utf8'));
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
};

const residentMb = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};
