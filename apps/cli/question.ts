import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Interrupted } from './failure/interrupted.js';
import type { Host } from './host.js';

/** Asks on the terminal; what is typed to a hidden question is not shown. Ctrl-D answers nothing. Errors: `Interrupted`. */
export const askOn = (host: Host, question: string, hidden: boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    host.errors.write(question);
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: host.input, output: hidden ? nowhere : host.errors, terminal: true });
    lines.once('line', resolve);
    lines.once('SIGINT', () => reject(new Interrupted()));
    lines.once('close', () => resolve(''));
    // Whatever came first has settled the promise; the terminal is given back in any case.
    for (const event of ['line', 'SIGINT'] as const) lines.once(event, () => lines.close());
    if (hidden) lines.once('close', () => host.errors.write('\n'));
  });
