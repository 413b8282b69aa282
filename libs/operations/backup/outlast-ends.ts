import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { describeEnd, type ProcessEnd } from '#domain/server/process-end.js';
import type { AttemptContext } from '../run/context.js';
import { ServerEnded } from '../server/server-ended.js';

/** Once may be a moment in which the host had no memory. Each costs as much time as the data take up to where it ends. */
const mostEnds = 3;

/** What is loaded does not go into this server, however often that is tried. */
export class DataNotLoaded extends HoldfastError {
  constructor(readonly ends: readonly [ProcessEnd, ...ProcessEnd[]]) {
    const how = describeEnd(ends.at(-1) ?? ends[0]);
    super(
      'data_not_loaded',
      `The server ended ${ends.length} times while it loaded the data, the last time ${how}. Its last output is in the log.`,
    );
  }
}

/**
 * Waits for a server that loads data; when it ends, it is started again, a few times. Nobody else may start it meanwhile. Errors:
 * `data_not_loaded`, as `DataNotLoaded`; those of `wait`, also a `ServerEnded` of one that was stopped or removed.
 */
export const outlastEnds = async <T>(context: AttemptContext, name: string, wait: () => Promise<T>): Promise<T> => {
  const ends: ProcessEnd[] = [];
  for (;;) {
    try {
      return await wait();
    } catch (error) {
      if (!(error instanceof ServerEnded) || error.end === null) throw error;
      const [first = error.end, ...more] = [...ends, error.end];
      if (ends.push(error.end) >= mostEnds) throw new DataNotLoaded([first, ...more]);
      await context.log(
        'warn',
        `The server ended while it loaded the data, ${describeEnd(error.end)}. It is started again.`,
      );
      await context.engines.containers.startContainer(name, context.signal);
    }
  }
};
