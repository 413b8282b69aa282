import { compareVersions } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { replyCode } from '#engine/ports/server-reply.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';

type Values = Readonly<Record<string, string>>;

/** Of these settings, those that the server runs with another value of. Errors: `server_not_ready`. */
export const differing = (context: AttemptContext, wanted: Values): Promise<Values> =>
  asManager(context, async (node) => {
    const found = await node.configGet(Object.keys(wanted), context.signal);
    return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => found[name] !== value));
  });

/**
 * Sets all of them in one go, while clients notice nothing. From 7.0 on either all are set or none; before, a transaction holds them together, and
 * whoever fails has to set back. Errors: `setting_refused` with what Redis says, `server_not_ready`.
 */
export const setAll = async (context: AttemptContext, values: Values): Promise<void> => {
  const pairs = Object.entries(values);
  if (pairs.length === 0) return;
  const commands =
    compareVersions(context.database.version, '7.0') >= 0
      ? [['CONFIG', 'SET', ...pairs.flat()]]
      : pairs.map(([name, value]) => ['CONFIG', 'SET', name, value]);
  try {
    await asManager(context, (node) => node.transaction(commands, context.signal));
  } catch (error) {
    if (replyCode(error) !== 'ERR' || !(error instanceof HoldfastError)) throw error;
    throw new HoldfastError('setting_refused', `Redis does not take it: ${error.detail}`, { cause: error });
  }
};
