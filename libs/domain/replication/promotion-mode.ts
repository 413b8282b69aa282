/**
 * What a promotion may lose: `strict` nothing, `limited` up to a bound in bytes of the replication stream, `force` anything.
 * All three lose nothing when nothing has to be lost.
 */
export const promotionModes = ['strict', 'limited', 'force'] as const;
export type PromotionMode = (typeof promotionModes)[number];

/** A switchover is agreed on with the old primary; a failover goes without it. */
export const promotionMethods = ['switchover', 'failover'] as const;

/** Bytes that may be lost; null means any number. */
export const allowedLoss = (mode: PromotionMode, maxLostBytes: number): number | null =>
  mode === 'strict' ? 0 : mode === 'limited' ? maxLostBytes : null;

/** `lostBytes` is null when it is not known. */
export const mayLose = (allowed: number | null, lostBytes: number | null): boolean =>
  allowed === null || (lostBytes !== null && lostBytes <= allowed);
