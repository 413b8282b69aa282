import { describe, expect, it } from '@jest/globals';
import { database, databaseId, problem } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';
import { verbs } from '../verbs.js';
import { asTyped } from './as-typed.js';

const at = { type: 'about:blank', title: 'Invalid request', code: 'invalid_request', remedy: 'Correct it.' };

/** The path as a verb tells it. */
const told = async (verb: string, path: string): Promise<string | undefined> =>
  asTyped(await verbs[verb]!(), { ...at, detail: '', errors: [{ path, message: '' }] }).errors?.[0]?.path;

describe('a field that the API found wrong', () => {
  it.each([
    ['db:create', 'memoryMb', '--container-size'],
    ['db:create', 'diskGb', '--disk-size'],
    ['db:create', 'maxmemoryPolicy', '--maxmemory-policy'],
    ['db:create', 'handle', '<handle>'],
    ['db:create', 'env', '--environment'],
    ['db:rotate-credentials', 'graceHours', '--grace-hours'],
    ['db:replicate', 'handle', '<handle>'],
    ['db:replicate', 'id', '<source>'],
    ['db:promote', 'maxLostBytes', '--max-lost-bytes'],
    ['db:rename', 'handle', '<new>'],
    ['db:rename', 'id', '<handle>'],
    ['db:exempt', 'endsOn', '--until'],
    ['db:doors', 'allow.1', '--allow'],
    ['db:doors', 'idleTimeoutSeconds', '--idle-timeout'],
    ['db:configure', 'settings.timeout', 'timeout'],
    ['db:configure', 'settings', '[settings...]'],
    ['db:configure', 'tlsOnly', '--tls-only'],
    ['db:configure', 'revertTo', '--revert'],
    ['db:certificate', 'privateKeyPem', '--key'],
    ['db:upgrade', 'version', '--version'],
    ['backup:restore', 'id', '<id>'],
    ['backup:restore', 'environment', '--environment'],
    ['backup:restore', 'persistence', '--persistence'],
    ['backup:hold', 'hold', '--reason'],
    ['backup:import', 'sourceUrl', '--from…'],
    ['backup-policy:set', 'timeZone', '--time-zone'],
    ['backup-policy:set', 'env', '[environment]'],
    ['sweep:deprecation', 'asOf', '--as-of'],
    ['token:create', 'expiresAt', '--expires-in-days'],
    ['env:delete', 'env', '<name>'],
  ])('of %s: %s is %s', async (verb, path, word) => {
    expect(await told(verb, path)).toBe(word);
  });

  it('keeps its name when the verb has no word for it', async () => {
    expect(await told('db:restart', 'colour')).toBe('colour');
    expect(await told('db:restart', '')).toBe('');
  });

  it('is named so in the sentences as well, where it is no ordinary word', async () => {
    const verb = await verbs['db:promote']!();
    const errors = [
      { path: 'maxLostBytes', message: 'must be given with mode limited' },
      { path: 'mode', message: 'does not go with maxLostBytes in a version' },
    ];
    const given = { ...at, detail: 'The request has problems with: maxLostBytes, mode. More modes exist.', errors };
    expect(asTyped(verb, given)).toEqual({
      ...at,
      detail: 'The request has problems with: --max-lost-bytes, --mode. More modes exist.',
      errors: [
        { path: '--max-lost-bytes', message: 'must be given with mode limited' },
        { path: '--mode', message: 'does not go with --max-lost-bytes in a version' },
      ],
    });
  });

  it('leaves a refusal alone that names no fields', async () => {
    const refused = { ...at, detail: 'maxLostBytes' };
    expect(asTyped(await verbs['db:promote']!(), refused)).toBe(refused);
  });
});

it.each(Object.keys(verbs))('%s: what it calls fields are its own options and operands', async (name) => {
  const { fields = {}, options = [], operands = [] } = await verbs[name]!();
  const words = [...options.map(({ long }) => long), ...operands.map((operand) => `<${operand.name()}>`)];
  for (const word of Object.values(fields)) expect(words).toContain(word.replace('…', ''));
});

it('is told by its option in text, and as the API sent it in JSON', async () => {
  const { body } = problem(400, 'invalid_request', 'The request has problems with: graceHours.');
  const refused = { ...body, errors: [{ path: 'graceHours', message: 'must be at most 720' }] };
  await using api = await ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: database }],
    [`POST /v1/databases/${databaseId}/operations`]: [{ status: 400, body: refused }],
  });
  const line = ['db:rotate-credentials', 'default/orders', '--grace-hours', '1000'];
  const environment = { HOLDFAST_URL: api.url };
  expect(await invoke(line, { environment })).toEqual({
    exitCode: 1,
    output: '',
    errors: `holdfast: Refused: The request has problems with: --grace-hours. (invalid_request)
  --grace-hours must be at most 720
Do something else.
`,
  });
  const { errors } = await invoke([...line, '-o', 'json'], { environment });
  expect(JSON.parse(errors)).toEqual(refused);
});
