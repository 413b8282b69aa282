import { describe, expect, it } from '@jest/globals';
import { backupId, operationOf } from '../testing/documents.js';
import { upgradeReceipt } from './upgrade-receipt.js';

const [dataAt, recordedAt, until] = [
  '2026-11-22T10:00:00.000Z',
  '2026-11-22T10:05:00.000Z',
  '2026-11-23T10:05:00.000Z',
];
const common = { fromVersion: '7.0', version: '8.0', backupId, backupDataAt: dataAt, recordedAt };
const linesOf = (receipt: object): string[] =>
  upgradeReceipt(operationOf('succeeded', { type: 'upgrade', receipt: { ...common, ...receipt } }));
const byTheBackup = `back by the safety backup: loses writes since ${dataAt}`;

describe('the receipt of an upgrade', () => {
  it('by swap has two ways back, each with data of its own moment', () => {
    const lines = linesOf({ method: 'swap', writePauseMs: 20, lostBytes: 0, wayBackUntil: until });
    expect(lines.slice(-2)).toEqual([
      `back by the old server until ${until}: loses writes since ${recordedAt}`,
      byTheBackup,
    ]);
  });

  it.each([
    ['in place', { method: 'in-place', writePauseMs: 900 }],
    ['by swap of what is in memory only', { method: 'swap', writePauseMs: 20, lostBytes: 0 }],
  ])('%s has that of the safety backup only', (_, receipt) => {
    const lines = linesOf(receipt);
    expect(lines.filter((line) => line.includes('back by') || line.includes(recordedAt))).toEqual([byTheBackup]);
    expect(lines.join('\n')).toContain(backupId);
  });

  it('names the settings that were left out', () => {
    expect(linesOf({ method: 'swap', settingsLeftOut: ['io-threads-do-reads'] })).toContain(
      'settings that 8.0 lacks were left out: io-threads-do-reads',
    );
  });

  it('of an operation from before says nothing of what it does not know', () => {
    expect(linesOf({ method: 'in-place', backupDataAt: undefined }).join('\n')).not.toContain('back by');
  });
});
