import { expect, it } from '@jest/globals';
import { invoke } from '../testing/invoke.js';

it.each([
  [[], 'Give --version, or --back.'],
  [['--back', '--version', '8.0'], '--back goes with neither'],
  [['--back', '--method', 'swap'], '--back goes with neither'],
  [['--version', '8.0', '--skip-safety-backup'], '--skip-safety-backup goes with --back only'],
])('db:upgrade orders %j is wrong usage', async (words, text) => {
  const { exitCode, errors } = await invoke(['db:upgrade', 'orders', ...words]);
  expect(exitCode).toBe(2);
  expect(errors).toContain(text);
});
