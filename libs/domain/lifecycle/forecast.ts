import { lastDay, lifecycleOf } from '../catalogue/lifecycle.js';
import type { Catalogue } from '../catalogue/version.js';
import { dayOf, standingOf, type Exemption, type Mark } from './mark.js';

const dayMs = 86_400_000;

/** What people plan by. */
export const forecastWindows = [30, 90, 180] as const;
export type ForecastWindow = (typeof forecastWindows)[number];

/** What comes over all databases of a version at once; those alone whose exemption ends the day before, when it comes by that. */
export interface ComingChange {
  /** The first day on which it holds, `YYYY-MM-DD` in UTC. */
  readonly takesEffectOn: string;
  readonly change: Mark;
  readonly version: string;
  readonly because: 'version' | 'exemption-ends';
}

/** Exemptions of databases of a version that end on a day. */
export interface ExemptionEnd {
  readonly version: string;
  readonly endsOn: string;
}

export interface ForecastItem extends ComingChange {
  readonly databaseId: string;
  readonly environment: string;
  readonly handle: string;
  readonly lastDay: string;
  readonly inDays: number;
  /** The shortest of the windows that holds it. */
  readonly within: ForecastWindow | null;
  readonly exemption: Exemption | null;
  /** The exemption still holds then: the change brings no mark. */
  readonly exempted: boolean;
}

const startOf = (day: string): Date => new Date(`${day}T00:00:00.000Z`);

export const addDays = (day: string, days: number): string => dayOf(new Date(startOf(day).getTime() + days * dayMs));

export const daysBetween = (from: string, to: string): number =>
  Math.round((startOf(to).getTime() - startOf(from).getTime()) / dayMs);

export const windowOf = (inDays: number): ForecastWindow | null =>
  forecastWindows.find((days) => inDays <= days) ?? null;

/** What takes effect after today and within so many days, in the order of the days; what holds today already is no forecast. */
export const comingChanges = (
  catalogue: Catalogue,
  exemptionEnds: readonly ExemptionEnd[],
  today: string,
  days: number,
): readonly ComingChange[] => {
  const ofVersions = catalogue.flatMap((entry) =>
    [entry.eolAt, entry.deprecatedAt].flatMap((date, index): ComingChange[] => {
      if (date === null) return [];
      const [change, takesEffectOn] = [index === 0 ? 'end-of-life' : 'deprecated', addDays(lastDay(date), 1)] as const;
      // A version that is deprecated by then passes its end of life unnoticed.
      const isNews = lifecycleOf(entry, startOf(takesEffectOn)) === change;
      return isNews ? [{ takesEffectOn, change, version: entry.version, because: 'version' }] : [];
    }),
  );
  const known = new Set(ofVersions.map(({ takesEffectOn, version }) => `${takesEffectOn} ${version}`));
  const ofExemptions = exemptionEnds.flatMap(({ version, endsOn }): ComingChange[] => {
    const takesEffectOn = addDays(endsOn, 1);
    const { lifecycle } = standingOf(catalogue, version, startOf(takesEffectOn));
    if (lifecycle === 'available' || known.has(`${takesEffectOn} ${version}`)) return [];
    return [{ takesEffectOn, change: lifecycle, version, because: 'exemption-ends' }];
  });
  return [...ofVersions, ...ofExemptions]
    .filter(({ takesEffectOn }) => takesEffectOn > today && daysBetween(today, takesEffectOn) <= days)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

/** Orders changes, and names one. */
export const keyOf = ({ takesEffectOn, change, version, because }: ComingChange): string =>
  `${takesEffectOn} ${change} ${version} ${because}`;

export interface ForecastDatabase {
  readonly id: string;
  readonly environment: string;
  readonly handle: string;
  readonly exemption: Exemption | null;
}

export const forecastItem = (coming: ComingChange, database: ForecastDatabase, today: string): ForecastItem => {
  const inDays = daysBetween(today, coming.takesEffectOn);
  const exemption = database.exemption && database.exemption.endsOn >= today ? database.exemption : null;
  return {
    ...coming,
    ...{ databaseId: database.id, environment: database.environment, handle: database.handle },
    ...{ lastDay: addDays(coming.takesEffectOn, -1), inDays, within: windowOf(inDays), exemption },
    exempted: exemption !== null && exemption.endsOn >= coming.takesEffectOn,
  };
};
