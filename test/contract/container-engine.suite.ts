import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ContainerEngine, Owner } from '#engine/ports/container-engine.js';
import { uniqueSubnet } from '../support/names.js';
import { removeOwned } from '../support/remove-owned.js';
import { describeContainers } from './container-engine.containers.suite.js';
import { describeFiles } from './container-engine.files.suite.js';
import { describeAttachments, describeNetworks, describeVolumes } from './container-engine.resources.suite.js';
import { EngineFixture } from './engine-fixture.js';

/** What every ContainerEngine does, the fake included. The host has `image`, which holds a Redis server. */
export const describeContainerEngine = (title: string, engine: ContainerEngine, image: string): void => {
  describe(`ContainerEngine: ${title}`, () => {
    const fixture = new EngineFixture(engine, image);
    const { installation, owner, stranger, signal, network } = fixture;

    beforeAll(() => fixture.prepare(), 60_000);
    afterAll(() => fixture.removeAll(), 60_000);

    describeNetworks(fixture);
    describeAttachments(fixture);
    describeVolumes(fixture);
    describeContainers(fixture);
    describeFiles(fixture);

    describe('the host', () => {
      it('tells its version and size', async () => {
        const info = await engine.info(signal);
        expect(info.version).not.toBe('');
        expect(info.memoryBytes).toBeGreaterThan(100 * 1024 ** 2);
        expect(info.cpus).toBeGreaterThanOrEqual(1);
      });

      it('knows which images it has', async () => {
        expect(await engine.hasImage(image, signal)).toBe(true);
        expect(await engine.hasImage('holdfast/absent:1', signal)).toBe(false);
      });

      it('says that an image which nobody has is unavailable', async () => {
        await expect(engine.pullImage('localhost:1/holdfast/absent:1', signal)).rejects.toMatchObject({
          code: 'image_unavailable',
        });
      });

      it('passes the reason of a cancellation on', async () => {
        const reason = new Error('shutdown');
        const aborted = AbortSignal.abort(reason);
        await expect(engine.info(aborted)).rejects.toBe(reason);
        await expect(engine.inspectContainer('x', owner, aborted)).rejects.toBe(reason);
        await expect(engine.startContainer('x', aborted)).rejects.toBe(reason);
      });
    });

    it('observes all containers of an installation as each one alone is observed', async () => {
      const own = `${installation}-observed`;
      const subjects = ['db-1', 'db-2'];
      const spec = (subject: string) => ({
        ...fixture.container('x'),
        name: `${own}-${subject}`,
        owner: { installation: own, subject },
        volume: null,
      });
      try {
        expect(await engine.observeOwned(own, signal)).toEqual(new Map());
        for (const subject of subjects) await engine.createContainer(spec(subject), signal);
        const observed = await engine.observeOwned(own, signal);
        expect([...observed.keys()].sort()).toEqual(subjects.map((subject) => `${own}-${subject}`));
        for (const subject of subjects) {
          const { name, owner: itsOwner } = spec(subject);
          expect(observed.get(name)).toEqual(await engine.inspectContainer(name, itsOwner, signal));
        }
      } finally {
        await removeOwned(engine, own);
      }
      expect((await engine.observeOwned(own, signal)).size).toBe(0);
    });

    it('lists all that an installation owns and nothing else', async () => {
      const [own, other] = [`${installation}-list`, `${installation}-other`];
      const lister: Owner = { installation: own, subject: 'db-9' };
      try {
        await engine.ensureNetwork({ ...network, name: own, owner: lister, subnet: uniqueSubnet() }, signal);
        await engine.ensureVolume({ name: own, owner: lister, labels: {} }, signal);
        await engine.ensureVolume({ name: other, owner: stranger, labels: {} }, signal);
        await engine.createContainer({ ...fixture.container('x'), name: own, owner: lister, volume: null }, signal);
        const mine = [{ name: own, subject: 'db-9' }];
        expect(await engine.listOwned(own, signal)).toEqual({ containers: mine, volumes: mine, networks: mine });
      } finally {
        await removeOwned(engine, own);
      }
      expect(await engine.listOwned(own, signal)).toEqual({ containers: [], volumes: [], networks: [] });
    });
  });
};
