import {
  addDays,
  comingChanges,
  daysBetween,
  forecastItem,
  forecastWindows,
  keyOf,
  type ComingChange,
  type ForecastItem,
} from '#domain/lifecycle/forecast.js';
import { dayOf } from '#domain/lifecycle/mark.js';
import { countConcerned, databasesOfChange, exemptionEnds } from '#persistence/lifecycle-forecast.js';
import type { Control } from '../control.js';

export interface ForecastScope {
  /** From when on it looks ahead. */
  readonly from: Date;
  readonly days: number;
  readonly environmentId: string | null;
}

/** The longest of the windows, whatever is asked for. */
const longestWindow = Math.max(...forecastWindows);

export interface WindowCount {
  readonly withinDays: number;
  readonly databases: number;
}

/** What is to come, without the databases that it comes over: a handful of lines. */
export class Forecast {
  private constructor(
    private readonly control: Control,
    private readonly scope: ForecastScope,
    /** Of the windows as well. */
    private readonly all: readonly ComingChange[],
  ) {}

  static async open(control: Control, scope: ForecastScope): Promise<Forecast> {
    const today = dayOf(scope.from);
    const days = Math.max(scope.days, longestWindow);
    const ends = await exemptionEnds(control.db, today, addDays(today, days));
    return new Forecast(control, scope, comingChanges(control.catalogue, ends, today, days));
  }

  /** How many databases something comes over within each window. */
  async windows(): Promise<readonly WindowCount[]> {
    const { control, scope } = this;
    return Promise.all(
      forecastWindows.map(async (withinDays) => {
        const coming = this.within(withinDays);
        const versions = coming.flatMap(({ because, version }) => (because === 'version' ? [version] : []));
        const ends = coming.flatMap(({ because, version, takesEffectOn }) =>
          because === 'version' ? [] : [{ version, endsOn: addDays(takesEffectOn, -1) }],
        );
        return {
          withinDays,
          databases: await countConcerned(control.db, versions, ends, scope.environmentId),
        };
      }),
    );
  }

  /** By the day, then by what happens, then by the database; after the position of the page before. */
  async page(after: string | null, limit: number): Promise<readonly ForecastItem[]> {
    const today = dayOf(this.scope.from);
    const items: ForecastItem[] = [];
    for (const coming of this.within(this.scope.days)) {
      const key = keyOf(coming);
      if (after !== null && key < keyAt(after)) continue;
      const page = { after: after !== null && key === keyAt(after) ? idAt(after) : null, limit: limit - items.length };
      const change = { ...coming, lastDay: addDays(coming.takesEffectOn, -1) };
      const databases = await databasesOfChange(this.control.db, change, this.scope.environmentId, page);
      items.push(...databases.map((database) => forecastItem(coming, database, today)));
      if (items.length >= limit) break;
    }
    return items;
  }

  private within(days: number): readonly ComingChange[] {
    const today = dayOf(this.scope.from);
    return this.all.filter(({ takesEffectOn }) => daysBetween(today, takesEffectOn) <= days);
  }
}

/** Where an item stands in the whole. */
export const positionOf = (item: ForecastItem): string => `${keyOf(item)} ${item.databaseId}`;

const keyAt = (position: string): string => position.slice(0, position.lastIndexOf(' '));
const idAt = (position: string): string => position.slice(position.lastIndexOf(' ') + 1);

const itemsAtOnce = 500;

/** All of it, in parts that fit into the memory. */
export async function* forecastParts(forecast: Forecast): AsyncGenerator<readonly ForecastItem[]> {
  let after: string | null = null;
  for (;;) {
    const items: readonly ForecastItem[] = await forecast.page(after, itemsAtOnce);
    if (items.length > 0) yield items;
    const last = items.at(-1);
    if (items.length < itemsAtOnce || !last) return;
    after = positionOf(last);
  }
}
