import { Writable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { createLogger } from './logger.js';

it('writes JSON lines that name the app and hide what must not be read', () => {
  const lines: string[] = [];
  const destination = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
  const logger = createLogger({ level: 'info', app: 'api' }, destination);
  logger.info({ password: 'canary', request: { authorization: 'canary', token: 'canary' }, handle: 'hello' }, 'made');
  logger.debug('too quiet');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('canary');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', app: 'api', handle: 'hello', msg: 'made' });
});
