import { describe, expect, it } from '@jest/globals';
import { aclUser } from './acl-line.js';

describe('aclUser', () => {
  it.each([
    ['user alice on #ab ~* &* +@all', { name: 'alice', rules: ['on', '#ab', '~*', '&*', '+@all'] }],
    // 6.0 shows no channels.
    ['user bob off ~x:* -@all +get', { name: 'bob', rules: ['off', '~x:*', '-@all', '+get'] }],
    // Selectors came with 7.0, and are one rule each.
    [
      'user carol on sanitize-payload resetchannels -@all +get (%R~x:* -@all +get) (~y +set)',
      {
        name: 'carol',
        rules: ['on', 'sanitize-payload', 'resetchannels', '-@all', '+get', '(%R~x:* -@all +get)', '(~y +set)'],
      },
    ],
    ['', { name: '', rules: [] }],
  ])('%s', (line, user) => {
    expect(aclUser(line)).toEqual(user);
  });
});
