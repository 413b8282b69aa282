import type { HelloDatabase } from './hello.js';
import { shellQuoted } from '#domain/text/shell-quoted.js';

/** An entry of `GET /v1/databases/{id}/credentials`. */
export interface IssuedCredential {
  readonly type: string;
  readonly follows: string;
  readonly url: string;
}

export interface Summary {
  readonly url: string;
  readonly authorityFile: string;
  readonly loginFile: string;
  readonly database: HelloDatabase | null;
  readonly credential: IssuedCredential | null;
}

/** What `up` prints at its end; the same each time. */
export const renderSummary = ({ url, authorityFile, loginFile, database, credential }: Summary): string =>
  [
    '',
    'Holdfast is running.',
    '',
    `  API reference  ${url}/docs`,
    `  queues         ${url}/queues (any user name; the password is the token in ${loginFile})`,
    ...(database ? [`  database       ${database.handle} (Redis ${database.version}, ${database.persistence})`] : []),
    ...(credential ? [`  its URL        ${credential.url}`] : []),
    `  authority      ${authorityFile}`,
    '',
    ...(credential ? ['Talk to the database:', '', `  ${redisCliLine(credential.url, authorityFile)}`, ''] : []),
    'Next:',
    '',
    '  npx holdfast db:list',
    '  npx holdfast db:create my-first',
    '  npx holdfast operation:list',
    '',
  ].join('\n');

/** The door that leads to the primary, wherever it is by then: a URL to keep. */
export const credentialToKeep = (issued: readonly IssuedCredential[]): IssuedCredential | null =>
  issued.find(({ type, follows }) => type === 'redis+ssl' && follows === 'primary') ?? null;

/** A line for the shell. The password goes by the environment: an argument would be in the process list. */
export const redisCliLine = (databaseUrl: string, authorityFile: string): string => {
  const { hostname, port, username, password } = new URL(databaseUrl);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const login = `REDISCLI_AUTH=${shellQuoted(decodeURIComponent(password))}`;
  const door = [...(host === '127.0.0.1' ? [] : ['-h', host]), '-p', port, '--user', decodeURIComponent(username)];
  return [login, 'redis-cli --tls --cacert', shellQuoted(authorityFile), ...door, 'PING'].join(' ');
};
