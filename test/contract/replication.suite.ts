import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { ReplicationFixture, type ReplicationSubject } from './replication-fixture.js';
import { describeClients } from './replication.clients.suite.js';
import { describeLinks } from './replication.links.suite.js';
import { describePersistence } from './replication.persistence.suite.js';
import { describeRoles } from './replication.roles.suite.js';
import { describeUsers } from './replication.users.suite.js';

/** What Redis servers do to each other and to their clients, the fake ones included, as far as Holdfast builds on it. */
export const describeReplication = (title: string, subject: ReplicationSubject): void => {
  describe(`replication: ${title}`, () => {
    const fixture = new ReplicationFixture(subject);

    beforeAll(() => fixture.prepare(), 60_000);
    afterEach(() => fixture.removeServers(), 60_000);
    afterAll(() => fixture.removeAll(), 60_000);

    describeLinks(fixture);
    describeRoles(fixture);
    describePersistence(fixture);
    describeClients(fixture);
    describeUsers(fixture);
  });
};
