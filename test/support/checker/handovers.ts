import type { Acceptance } from './journal.js';

/**
 * The longest row of writes that were taken by different servers in turn, each sent after the one before it was acknowledged.
 * A tree that had one primary at a time shows at most one more write in the row than it had promotions; A, B, A within one
 * promotion proves that A and B took writes at once.
 */
export const handovers = (acceptances: readonly Acceptance[]): readonly Acceptance[] => {
  const rows = new Rows();
  const sorted = [...acceptances].sort((one, other) => one.acknowledgedAtMs - other.acknowledgedAtMs);
  for (const acceptance of sorted) rows.add(acceptance);
  return rows.longest();
};

interface Row {
  readonly length: number;
  readonly last: Acceptance;
  readonly before: Row | null;
}

/** Of each server the longest rows that end with it, growing in length and in time. */
class Rows {
  private readonly ends = new Map<string, Row[]>();

  add(acceptance: Acceptance): void {
    const before = this.longestBefore(acceptance);
    const row = { length: (before?.length ?? 0) + 1, last: acceptance, before };
    const rows = this.ends.get(acceptance.server) ?? [];
    this.ends.set(acceptance.server, rows);
    // A later end of the same length helps no later write.
    if ((rows.at(-1)?.length ?? 0) < row.length) rows.push(row);
  }

  longest(): readonly Acceptance[] {
    let row = longer([...this.ends.values()].map((rows) => rows.at(-1) ?? null));
    const found: Acceptance[] = [];
    for (; row; row = row.before) found.unshift(row.last);
    return found;
  }

  private longestBefore({ server, sentAtMs }: Acceptance): Row | null {
    const others = [...this.ends].filter(([name]) => name !== server);
    return longer(others.map(([, rows]) => rows.findLast(({ last }) => last.acknowledgedAtMs <= sentAtMs) ?? null));
  }
}

const longer = (rows: readonly (Row | null)[]): Row | null =>
  rows.reduce((best, row) => ((row?.length ?? 0) > (best?.length ?? 0) ? row : best), null);

/** Complaints when servers took turns more often than they were promoted. */
export const overlaps = (acceptances: readonly Acceptance[], { promotions }: { promotions: number }): string[] => {
  const row = handovers(acceptances);
  if (row.length <= promotions + 1) return [];
  const [first] = row;
  const text = row.map(
    ({ server, sentAtMs, acknowledgedAtMs }) =>
      `${server} (${(sentAtMs - first!.sentAtMs).toFixed(1)} to ${(acknowledgedAtMs - first!.sentAtMs).toFixed(1)} ms)`,
  );
  return [`took writes in turn: ${text.join(', then ')}`];
};
