import { describe, expect, it } from '@jest/globals';
import { decideRename, formerHandles } from './decide-rename.js';

describe('a rename', () => {
  it('gives the name first, then a certificate that has it', () => {
    const done = new Set<string>();
    for (let decision = decideRename(done); decision.next !== 'finish'; decision = decideRename(done)) {
      done.add(decision.next);
    }
    expect([...done]).toEqual(['answer-to', 'write', 'load', 'check', 'note']);
  });

  it('keeps every name that the database had, and none twice', () => {
    expect(formerHandles([], 'a', 'b')).toEqual(['a']);
    expect(formerHandles(['a'], 'b', 'c')).toEqual(['a', 'b']);
    expect(formerHandles(['a'], 'b', 'a')).toEqual(['b']);
  });
});
