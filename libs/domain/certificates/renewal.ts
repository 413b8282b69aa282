import type { Decision } from '../operation/decide-server.js';

const day = 24 * 3_600_000;

/** Certificates that Holdfast issues are good for this long. */
export const certificateDays = 365;

/** How long before its end a certificate is renewed, and from when on one that was not is an alert. */
export interface RenewalTimes {
  readonly renewalDays: number;
  readonly warningDays: number;
}

/** Certificates that end before then are due. */
export const dueBefore = ({ renewalDays }: RenewalTimes, now: Date): Date =>
  new Date(now.getTime() + renewalDays * day);

export const warnedBefore = ({ warningDays }: RenewalTimes, now: Date): Date =>
  new Date(now.getTime() + warningDays * day);

export const daysLeft = (notAfter: Date, now: Date): number =>
  Math.round(((notAfter.getTime() - now.getTime()) / day) * 10) / 10;

export type RenewAction = 'write' | 'load' | 'check' | 'note';

/** Files first, then the server is told of them, and then it is asked what it shows. */
const chain: readonly RenewAction[] = ['write', 'load', 'check', 'note'];

export const decideRenew = (done: ReadonlySet<string>): Decision<RenewAction> => {
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? { next: 'finish' } : { next };
};
