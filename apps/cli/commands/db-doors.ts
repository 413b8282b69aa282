import { InvalidArgumentError, Option } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { credentialTypes, doorFollows, type CredentialType, type DoorFollows } from '#domain/database/status.js';
import { answer } from '../api/client.js';
import type { Endpoint } from '../api/documents.js';
import { given } from '../api/given.js';
import { databasePath } from '../databases/reference.js';
import { databaseOperand, environmentOptions, wholeNumber, type EnvironmentOptions } from '../options.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

interface DoorsOptions extends EnvironmentOptions {
  readonly follows?: DoorFollows;
  readonly type?: CredentialType;
  readonly allow?: readonly string[];
  readonly allowAll?: boolean;
  readonly connectionLimit?: number | 'none';
  readonly idleTimeout?: number | 'default';
  readonly bindAddress?: string;
}

/** The word that takes a setting away stays a word: commander makes an empty text of null. */
const wholeNumberOr =
  <Word extends string>(word: Word) =>
  (text: string): number | Word => {
    if (text === word) return word;
    if (/^\d{1,9}$/.test(text)) return wholeNumber(text);
    throw new InvalidArgumentError(`It must be a whole number or "${word}".`);
  };

export const verb = defineVerb<DoorsOptions, [string]>({
  summary: 'Show the doors of a database, or say who may use them and how',
  operands: [databaseOperand()],
  options: [
    ...environmentOptions(),
    new Option('--follows <what>', 'change only doors that follow this').choices(doorFollows),
    new Option('--type <type>', 'change only doors of this type').choices(credentialTypes),
    new Option('--allow <cidr...>', 'let only these addresses and blocks in, IPv4 and IPv6, in place of those before'),
    new Option('--allow-all', 'let everybody in').conflicts('allow'),
    new Option(
      '--connection-limit <count>',
      'connections at one time through each door; `none` for no limit',
    ).argParser(wholeNumberOr('none')),
    new Option(
      '--idle-timeout <seconds>',
      'close connections that are silent so long: up to 120, or whole minutes; `default` for one hour',
    ).argParser(wholeNumberOr('default')),
    new Option('--bind-address <ip>', 'take only connections to this address of the host; `any` for all'),
  ],
  fields: { idleTimeoutSeconds: '--idle-timeout' },
  notes: 'What is not named stays as it is. Connections that are open are not cut.',
  examples: [
    'holdfast db:doors orders',
    'holdfast db:doors orders --allow 192.0.2.0/24 2001:db8::/32 --connection-limit 500',
    'holdfast db:doors orders --type redis --follows primary --allow-all --idle-timeout default',
  ],
  async run(session, options, handle) {
    const path = { id: await databasePath(session, handle, options) };
    const settings = settingsOf(options);
    const { follows, type } = options;
    const selection = given({ follows, type });
    if (Object.keys(settings).length === 0 && Object.keys(selection).length > 0) {
      throw new HoldfastError('wrong_usage', 'Say what to change at these doors; see `holdfast db:doors --help`.');
    }
    const request = { params: { path } };
    const { items } = await answer(
      Object.keys(settings).length === 0
        ? session.api.GET('/v1/databases/{id}/endpoints', request)
        : session.api.PATCH('/v1/databases/{id}/endpoints', { ...request, body: { ...selection, ...settings } }),
    );
    session.terminal.print(items, table(head, items.map(rowOf)));
  },
});

const settingsOf = ({ allow, allowAll, connectionLimit, idleTimeout, bindAddress }: DoorsOptions) =>
  given({
    allow: allowAll ? [] : allow && [...allow],
    connectionLimit: connectionLimit === 'none' ? null : connectionLimit,
    idleTimeoutSeconds: idleTimeout === 'default' ? null : idleTimeout,
    bindAddress: bindAddress === 'any' ? null : bindAddress,
  });

const head = ['door', 'follows', 'address', 'allowed', 'connections', 'idle timeout', 'bound to'];

const rowOf = (door: Endpoint): string[] => [
  door.type,
  door.follows,
  `${door.host}:${door.port}`,
  door.allow.length === 0 ? 'everybody' : door.allow.join(', '),
  door.connectionLimit === null ? 'any number' : `up to ${door.connectionLimit}`,
  `${door.idleTimeoutSeconds ?? 3600} s`,
  door.bindAddress ?? 'any address',
];
