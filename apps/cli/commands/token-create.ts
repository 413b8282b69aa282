import { Argument, Option } from 'commander';
import { permissions, type Permission } from '#domain/permissions/permission.js';
import { answer } from '../api/client.js';
import { given } from '../api/given.js';
import { wholeNumber } from '../options.js';
import { defineVerb } from '../verb.js';

interface TokenOptions {
  readonly permission: Permission[];
  readonly expiresInDays?: number;
}

export const verb = defineVerb<TokenOptions, [string]>({
  summary: 'Make an API token and print it, this once',
  operands: [new Argument('<name>', 'what or whom it is for; the history names it')],
  options: [
    new Option('--permission <permission...>', 'what it may do').choices(permissions).default(['read']),
    new Option('--expires-in-days <days>', 'how long it is valid; for ever when not given').argParser(wholeNumber),
  ],
  fields: { permissions: '--permission', expiresAt: '--expires-in-days' },
  examples: ['holdfast token:create deployment --permission deploy sensitive --expires-in-days 90'],
  async run({ api, terminal }, options, name) {
    const body = { name, permissions: options.permission, ...given({ expiresAt: expiry(options.expiresInDays) }) };
    const created = await answer(api.POST('/v1/tokens', { body }));
    terminal.note(`Token "${name}" (${created.id}). It cannot be shown again:`);
    terminal.print(created, [created.token]);
  },
});

const dayMs = 86_400_000;

const expiry = (days: number | undefined): string | undefined =>
  days === undefined ? undefined : new Date(Date.now() + days * dayMs).toISOString();
