import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#operations/control.js';
import { deleteEnvironment, insertEnvironment } from '#persistence/environments.js';
import type { EnvironmentRow } from '#persistence/tables.js';
import { openTestControl, type TestControl } from '../../support/control.js';

/** `default` has the first. */
const networks = 3;

describe('the networks of environments', () => {
  let installation: TestControl;

  beforeAll(async () => {
    installation = await openTestControl();
  });
  afterAll(() => installation.close());

  const create = (name: string): Promise<EnvironmentRow> =>
    installation.control.db.transaction().execute((tx) => insertEnvironment(tx, newId(), name, networks));

  const remove = (environment: EnvironmentRow): Promise<void> =>
    installation.control.db.transaction().execute((tx) => deleteEnvironment(tx, environment));

  it('are taken again only when no rested one is left, and then the one that rested longest', async () => {
    const first = await create('first');
    await remove(first);
    const second = await create('second');
    expect(second.network_index).not.toBe(first.network_index);
    await remove(second);
    expect((await create('third')).network_index).toBe(first.network_index);
  });

  it('run out with an error that says so', async () => {
    await create('fourth');
    await expect(create('fifth')).rejects.toMatchObject({ code: 'networks_exhausted' });
  });
});
