import { types } from 'node:util';

/** What EXEC returned. The first error is thrown: that of the command which was not queued, before EXEC's own that says only that one was not. */
export const executed = (replies: readonly (readonly [error: Error | null, reply: unknown])[]): readonly unknown[] => {
  const refused = replies.find(([error]) => error !== null);
  if (refused?.[0]) throw refused[0];
  const results = replies.at(-1)?.[1] as readonly unknown[];
  const failed = results.find((result): result is Error => types.isNativeError(result));
  if (failed !== undefined) throw failed;
  return results;
};
