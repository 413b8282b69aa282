import { describe, expect, it } from '@jest/globals';
import { openFilesLimit, renderHaproxyConfig } from './haproxy-config.js';

const settings = {
  bindAddress: '127.0.0.1',
  ports: { first: 20_000, last: 23_999 },
  maxConnections: 7_000,
  threads: 2,
};

const lineWith = (start: string, changes: Partial<typeof settings> = {}) =>
  renderHaproxyConfig({ ...settings, ...changes })
    .split('\n')
    .find((line) => line.trim().startsWith(start))
    ?.trim();

describe('renderHaproxyConfig', () => {
  it('binds the whole range once, on either family', () => {
    expect(lineWith('bind')).toBe('bind ipv4@127.0.0.1:20000-23999');
    expect(lineWith('bind', { bindAddress: '::1' })).toBe('bind ipv6@::1:20000-23999');
    expect(lineWith('bind', { bindAddress: '::' })).toBe('bind ipv6@:::20000-23999 v4v6');
  });

  it('takes its limits from the settings', () => {
    expect(lineWith('maxconn')).toBe('maxconn 7000');
    expect(lineWith('nbthread', { threads: 1 })).toBe('nbthread 1');
  });

  it('keeps its socket to its own user', () => {
    expect(lineWith('stats socket')).toBe('stats socket /run/holdfast/admin.sock mode 600 level admin');
  });
});

describe('openFilesLimit', () => {
  it('has two files for each connection and one for each port, within 20,000 by default', () => {
    expect(openFilesLimit(settings)).toBe(18_200);
  });
});
