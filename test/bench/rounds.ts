import type { CheckedPromotion } from '../support/checker/checked-promotion.js';

/** What several promotions came to, taken together. */
export class Rounds {
  private readonly rounds: CheckedPromotion[] = [];

  add(round: CheckedPromotion): void {
    this.rounds.push(round);
    for (const text of round.overlaps) console.log(text);
  }

  get count(): number {
    return this.rounds.length;
  }
  get gaps(): readonly number[] {
    return this.rounds.flatMap(({ longest }) => longest.map(({ gapMs }) => gapMs));
  }
  /** Write pauses, as the clients see them. */
  get waits(): readonly number[] {
    return this.rounds.flatMap(({ longest }) => longest.map(({ waitMs }) => waitMs));
  }
  get lost(): number {
    return this.sum(({ lost }) => lost);
  }
  get acknowledged(): number {
    return this.sum(({ acknowledged }) => acknowledged);
  }
  get complaints(): number {
    return this.sum(({ complaints }) => complaints.length);
  }
  get errors(): number {
    return this.sum(({ errors }) => errors.reduce((sum, { count }) => sum + count, 0));
  }
  get overlaps(): number {
    return this.sum(({ overlaps }) => overlaps.length);
  }

  private sum(of: (round: CheckedPromotion) => number): number {
    return this.rounds.reduce((sum, round) => sum + of(round), 0);
  }
}
