import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Live } from '../support/live.js';
import { asTenant } from '../support/tenant.js';

/** Handles that are valid and yet unusual, as host names go: each must give a database that works over TLS. */

jest.setTimeout(60_000);

let live: Live;

beforeAll(async () => {
  live = await Live.start();
}, 60_000);

afterAll(() => live.close(), 60_000);

/** Clients verify the handle where it is a host name to them, and another of the certificate's names where it is none. */
it.each([
  ['7', '7'],
  ['a'.repeat(64), 'a'.repeat(64)],
  ['under_score', 'under_score'],
  ['ends-in-a-dot.', 'ends-in-a-dot.'],
  ['two..dots', 'localhost'],
  ['10.0.0.1', '10.0.0.1'],
  ['999.1.1.1', '999.1.1.1'],
])('"%s" is provisioned, and the name "%s" is verified', async (handle, serverName) => {
  const database = await live.provision(handle);
  const authorityPem = await live.authorityPem();
  expect(await asTenant(database, (client) => client.ping())).toBe('PONG');
  expect(await asTenant(database, (client) => client.ping(), { authorityPem, serverName })).toBe('PONG');
});
