import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { createInstallation } from '../support/installation.js';
import { measured, type Row } from './row.js';

/** Long enough for the garbage of the start to be collected, or not: users do not wait for it either. */
const idleMs = 10_000;

/** Resident memory of the process that holds all roles, some seconds after its start. */
export const benchMemory = async (): Promise<readonly Row[]> => {
  const installation = await createInstallation();
  try {
    const app = await installation.start('standalone');
    await pause(idleMs);
    const status = await readFile(`/proc/${app.pid}/status`, 'utf8');
    const kilobytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
    return [measured('standalone process, idle', 'MB', kilobytes / 1024, { most: 200 })];
  } finally {
    await installation.close();
  }
};
