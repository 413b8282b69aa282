import { describe, expect, it } from '@jest/globals';
import { backupId, operationOf } from '../testing/documents.js';
import { goBackReceipt } from './go-back-receipt.js';

const [lostSince, dataAt, recordedAt, until] = [
  '2026-11-22T10:00:00.000Z',
  '2026-11-22T11:00:00.000Z',
  '2026-11-22T11:05:00.000Z',
  '2026-11-23T11:05:00.000Z',
];
const common = { fromVersion: '8.0', version: '7.0', lostSince, recordedAt, wayBackUntil: until };
const linesOf = (receipt: object): string[] =>
  goBackReceipt(operationOf('succeeded', { type: 'go-back', receipt: { ...common, ...receipt } }));

describe('the receipt of a way back', () => {
  it('says what was lost, and where it is still', () => {
    const lines = linesOf({ writePauseMs: 20, backupId, backupDataAt: dataAt });
    expect(lines.join('\n')).toMatch(new RegExp(`lost since:\\s+${lostSince}`));
    expect(lines.join('\n')).toContain(backupId);
    expect(lines.slice(-2)).toEqual([
      `the safety backup has what was written until ${dataAt}`,
      `the newer server has it until ${recordedAt}, and is kept until ${until}`,
    ]);
  });

  it('says that no backup was taken, and that a pause was not measured', () => {
    const lines = linesOf({ writePauseMs: null });
    expect(lines.join('\n')).toMatch(/safety backup:\s+none was taken/);
    expect(lines.join('\n')).toMatch(/write pause:\s+not known/);
  });
});
