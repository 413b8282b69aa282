import type { DatabaseHealth } from '../database/status.js';
import { findingText, type Finding } from './finding.js';

export interface Health {
  readonly health: DatabaseHealth;
  readonly reason: string | null;
}

/** Longer ones say no more. */
const reasonLength = 500;

/** The gravest finding decides; the reason tells them all. */
export const healthOf = (findings: readonly Finding[]): Health => {
  if (findings.length === 0) return { health: 'healthy', reason: null };
  const health = findings.some(({ severity }) => severity === 'down') ? 'down' : 'degraded';
  return { health, reason: findings.map(findingText).join(' ').slice(0, reasonLength) };
};

/** Whether an operation `repair` can put right everything that somebody has to put right. */
export const isRepairable = (findings: readonly Finding[]): boolean =>
  findings.some(({ repair }) => repair === 'safe') && findings.every(({ repair }) => repair !== 'manual');
