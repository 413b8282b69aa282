import { lifecycleOf, type Lifecycle } from '../catalogue/lifecycle.js';
import type { Catalogue } from '../catalogue/version.js';

/** What the deprecation sweep marks: a version that has passed a date. */
export const marks = ['end-of-life', 'deprecated'] as const satisfies readonly Lifecycle[];
export type Mark = (typeof marks)[number];

export interface Exemption {
  readonly reason: string;
  /** Its last day, `YYYY-MM-DD` in UTC. */
  readonly endsOn: string;
}

/** What is recorded of a database, as far as its lifecycle goes. */
export interface LifecycleRecord {
  readonly version: string;
  readonly mark: { readonly lifecycle: Mark; readonly version: string } | null;
  readonly exemption: Exemption | null;
}

export interface Judgement {
  readonly lifecycle: Lifecycle;
  /** Its version is in the catalogue. */
  readonly listed: boolean;
  /** Somebody lets it off, today. */
  readonly exempted: boolean;
  /** The mark that it should bear. */
  readonly mark: Mark | null;
  /** What is to be done about it; each is told once. */
  readonly change: 'mark' | 'unmark' | null;
}

/** The day in UTC: days are what lifecycles and exemptions are counted in. */
export const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);

/** An exemption holds on its last day, and no longer. */
export const isInForce = (exemption: Exemption, now: Date): boolean => dayOf(now) <= exemption.endsOn;

/** How far the version of a database has come. One that the catalogue no longer has is deprecated. */
export const standingOf = (
  catalogue: Catalogue,
  version: string,
  now: Date,
): Pick<Judgement, 'lifecycle' | 'listed'> => {
  const entry = catalogue.find((candidate) => candidate.version === version);
  return { lifecycle: entry ? lifecycleOf(entry, now) : 'deprecated', listed: entry !== undefined };
};

/** Which mark a database should bear and what leads there: a function of the record, the catalogue and the clock, so that a second look changes nothing. */
export const judge = ({ version, mark, exemption }: LifecycleRecord, catalogue: Catalogue, now: Date): Judgement => {
  const { lifecycle, listed } = standingOf(catalogue, version, now);
  const exempted = exemption !== null && isInForce(exemption, now);
  const wanted = exempted || lifecycle === 'available' ? null : lifecycle;
  return { lifecycle, listed, exempted, mark: wanted, change: changeFrom(mark, wanted, version) };
};

/** A mark of another version is another mark: what was upgraded from one deprecated version to the next is told so. */
const changeFrom = (mark: LifecycleRecord['mark'], wanted: Mark | null, version: string): Judgement['change'] => {
  if (wanted === null) return mark === null ? null : 'unmark';
  return mark?.lifecycle === wanted && mark.version === version ? null : 'mark';
};
