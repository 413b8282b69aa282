/**
 * All at once, and none of them is still at work when the first failure is told: nothing may be made behind the back of
 * a compensation.
 */
export const together = async (...parts: readonly Promise<unknown>[]): Promise<void> => {
  const ended = await Promise.allSettled(parts);
  for (const part of ended) if (part.status === 'rejected') throw part.reason;
};
