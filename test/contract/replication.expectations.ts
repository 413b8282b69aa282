import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import type { Info, TestedServer } from './replication-fixture.js';

/** Real servers try again once a second, and begin a copy once a second. */
const withinMs = 15_000;

export const linkUp = (replica: TestedServer): Promise<Info> =>
  eventually(
    async () => {
      const info = await replica.info();
      expect(info).toMatchObject({ role: 'slave', master_link_status: 'up' });
      return info;
    },
    { withinMs },
  );

export const linkDown = (replica: TestedServer): Promise<Info> =>
  eventually(
    async () => {
      const info = await replica.info();
      expect(info).toMatchObject({ role: 'slave', master_link_status: 'down' });
      return info;
    },
    { withinMs },
  );

export const hasValue = (server: TestedServer, key: string, value: string | null): Promise<void> =>
  eventually(async () => expect(await server.command('GET', key)).toBe(value), { withinMs });

/** What the source says of its first follower. */
export const firstFollower = async (source: TestedServer, state: string): Promise<Info> =>
  eventually(
    async () => {
      const line = (await source.info())['slave0'] ?? '';
      const fields = Object.fromEntries(line.split(',').map((field) => field.split('=')));
      expect(fields).toMatchObject({ state });
      return fields as Info;
    },
    { withinMs },
  );

export const takesWrites = (server: TestedServer): Promise<void> =>
  eventually(async () => expect(await server.command('SET', 'probe', 'x')).toBe('OK'), { withinMs });

export const refused = (reply: string) => ({
  code: 'server_not_ready',
  detail: expect.stringContaining(`answers "${reply}`),
});
