import { hostname } from 'node:os';
import { newId } from '../control.js';

/** Names a process in leases and in the history. */
export const workerName = (): string => `${hostname()}-${newId().slice(-12)}`;

/** `0.0.0.0` means every address of the host; the host itself takes the loopback one. */
export const reachable = (bindAddress: string): string => (bindAddress === '0.0.0.0' ? '127.0.0.1' : bindAddress);
