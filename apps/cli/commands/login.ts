import { Option } from 'commander';
import { isHttpUrl } from '#configuration/cli-configuration.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer, connect } from '../api/client.js';
import { writeCredentials } from '../credentials/file.js';
import { withoutSlash } from '../credentials/target.js';
import type { Session } from '../session.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<{ url?: string }>({
  summary: 'Store where the API is and the token for it',
  options: [new Option('--url <url>', 'address of the API')],
  notes: `The token is asked for, or read from HOLDFAST_TOKEN or from a pipe; it is never an argument, which others could see.
It is tried before it is stored, in ~/.config/holdfast/credentials.json, which only you can read.`,
  examples: ['holdfast login', 'holdfast login --url https://holdfast.example.com < token-file'],
  async run(session, options) {
    const url = withoutSlash(options.url ?? session.url);
    if (!isHttpUrl(url)) throw new HoldfastError('wrong_usage', `"${url}" is not an http:// or https:// URL.`);
    const token = await readToken(session, url);
    if (token === '') throw new HoldfastError('wrong_usage', 'No token was given.');
    const api = connect({ url, token }, { interrupted: session.interrupted, answersWithinMs: 30_000 });
    await answer(api.GET('/v1/environments', { params: { query: { limit: 1 } } }));
    const { credentialsFile: file } = session.configuration;
    await writeCredentials(file, { url, token });
    session.terminal.print({ url, file }, [`Logged in to ${url}; stored in ${file}.`]);
  },
});

const readToken = async ({ configuration, terminal }: Session, url: string): Promise<string> =>
  configuration.token ??
  (terminal.canAsk ? (await terminal.ask(`Token for ${url}: `, { hidden: true })).trim() : terminal.readInput());
