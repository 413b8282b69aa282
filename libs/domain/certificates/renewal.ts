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

/** Whose certificate a renewal brings: the one that is recorded anew, one that an operator has brought, or Holdfast's in place of that. */
export type CertificateSource = 'recorded' | 'own' | 'holdfast';

export interface RenewSituation {
  readonly source: CertificateSource;
  /** What is shown is recorded, by this attempt or an earlier one. */
  readonly noted: boolean;
  readonly done: ReadonlySet<string>;
}

export type RenewAction = 'accept' | 'admit' | 'write' | 'load' | 'check' | 'note' | 'settle';

/** Files first, then the server is told of them, and then it is asked what it shows. */
const shown: readonly RenewAction[] = ['write', 'load', 'check', 'note'];

/** Whoever follows the server believes the new authority before it is shown, and the former one until it is not shown any more. */
const chains: Readonly<Record<CertificateSource, readonly RenewAction[]>> = {
  recorded: shown,
  own: ['accept', 'admit', ...shown, 'settle'],
  holdfast: [...shown, 'settle'],
};

export const decideRenew = ({ source, noted, done }: RenewSituation): Decision<RenewAction> => {
  const chain = chains[source].slice(noted ? chains[source].indexOf('note') + 1 : 0);
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? { next: 'finish' } : { next };
};
