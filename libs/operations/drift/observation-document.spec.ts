import { describe, expect, it } from '@jest/globals';
import { observationDocument } from './observation-document.js';

const follower = 'ip=10.0.0.3,port=6380,state=online,offset=10,lag=0';
const backup = 'ip=10.0.0.1,port=0,state=wait_bgsave,offset=0,lag=0';

const followersOf = (slaves: Readonly<Record<string, string>>): number | undefined => {
  const info = { role: 'master', connected_slaves: String(Object.keys(slaves).length), ...slaves };
  return observationDocument(null, info, null).server?.followers;
};

describe('the followers of a server', () => {
  it('are those that say where they listen', () => {
    expect(followersOf({})).toBe(0);
    expect(followersOf({ slave0: follower, slave1: follower })).toBe(2);
  });

  it('are not counted with a backup that is under way', () => {
    expect(followersOf({ slave0: backup })).toBe(0);
    expect(followersOf({ slave0: follower, slave1: backup })).toBe(1);
  });
});
