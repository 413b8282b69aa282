import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '#engine/wait/wait-until.js';
import { addressIn } from '../support/names.js';
import type { EngineFixture } from './engine-fixture.js';

/** The life of a container. */
export const describeContainers = (fixture: EngineFixture): void => {
  const { engine, installation, owner, stranger, signal, network, image } = fixture;

  describe('a container', () => {
    it('is created, started, stopped, started again and removed', async () => {
      const spec = fixture.container('life', { ...fixture.atAddress(10), labels: { 'io.holdfast.generation': '7' } });
      expect(await engine.inspectContainer(spec.name, owner, signal)).toBeNull();

      await fixture.create(spec);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        name: spec.name,
        owned: true,
        state: 'created',
        image,
        networks: { [network.name]: { ipv4: addressIn(network.subnet, 10), aliases: ['hello'] } },
        startedAt: null,
        exitCode: null,
        labels: expect.objectContaining({ 'io.holdfast.generation': '7', 'io.holdfast.installation': installation }),
      });
      expect(await engine.stopContainer(spec.name, 5, signal)).toBe('already-stopped');

      await fixture.startReady(spec);
      await engine.startContainer(spec.name, signal);
      const running = await engine.inspectContainer(spec.name, owner, signal);
      expect(running).toMatchObject({
        state: 'running',
        networks: { [network.name]: { ipv4: addressIn(network.subnet, 10), aliases: ['hello'] } },
        exitCode: null,
        health: 'none',
      });
      expect(running?.startedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);

      expect(await engine.stopContainer(spec.name, 10, signal)).toBe('stopped');
      expect(await engine.stopContainer(spec.name, 10, signal)).toBe('already-stopped');
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        state: 'exited',
        exitCode: 0,
        outOfMemory: false,
        networks: { [network.name]: { ipv4: addressIn(network.subnet, 10) } },
      });

      await engine.startContainer(spec.name, signal);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({ state: 'running' });

      await engine.ensureContainerAbsent(spec.name, owner, signal);
      await engine.ensureContainerAbsent(spec.name, owner, signal);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toBeNull();
      expect(await engine.stopContainer(spec.name, 5, signal)).toBe('absent');
    });

    it('has another restart policy from one moment to the next, and is still the container that was asked for', async () => {
      const spec = fixture.container('policy');
      expect(await engine.setRestartPolicy(spec.name, 'no', signal)).toBe(false);
      await fixture.create(spec);
      expect(await engine.setRestartPolicy(spec.name, 'unless-stopped', signal)).toBe(true);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        restartPolicy: 'unless-stopped',
      });
      await engine.startContainer(spec.name, signal);
      expect(await engine.setRestartPolicy(spec.name, 'no', signal)).toBe(true);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        restartPolicy: 'no',
        state: 'running',
        memoryLimitBytes: spec.memoryBytes,
      });
      await engine.createContainer(spec, signal);
    });

    it('has more memory and weight from one moment to the next, and less, and is still the container that was asked for', async () => {
      const spec = fixture.container('resources');
      const resources = { memoryBytes: spec.memoryBytes * 2, cpuShares: spec.cpuShares * 2 };
      const limits = ({ memoryBytes, cpuShares }: typeof resources) => ({ memoryLimitBytes: memoryBytes, cpuShares });
      expect(await engine.updateResources(spec.name, resources, signal)).toBe(false);
      await fixture.create(spec);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject(limits(spec));
      expect(await engine.updateResources(spec.name, resources, signal)).toBe(true);
      await fixture.startReady(spec);
      const before = await engine.inspectContainer(spec.name, owner, signal);
      expect(before).toMatchObject({ ...limits(resources), state: 'running' });
      expect(await engine.updateResources(spec.name, spec, signal)).toBe(true);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        ...limits(spec),
        state: 'running',
        startedAt: before?.startedAt,
      });
      await engine.createContainer(spec, signal);
    });

    it('that does not end in time is killed, and that is said', async () => {
      const spec = fixture.container('stubborn');
      await fixture.create(spec, fixture.filesThatCannotBeSaved);
      await fixture.startReady(spec);
      expect(await engine.stopContainer(spec.name, 1, signal)).toBe('killed');
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        state: 'exited',
        exitCode: 137,
      });
    });

    it('that ends by itself is seen with its exit code and its last words', async () => {
      const spec = fixture.container('brief', { command: ['redis-server', '--version'], volume: null });
      await engine.createContainer(spec, signal);
      await engine.startContainer(spec.name, signal);
      const ended = async () => {
        const found = await engine.inspectContainer(spec.name, owner, signal);
        return found?.state === 'exited' ? found : undefined;
      };
      const found = await waitUntil(ended, { describe: 'the end', deadlineMs: 10_000 }, signal);
      expect(found.exitCode).toBe(0);
      expect(await engine.tailLogs(spec.name, 10, signal)).toMatch(/^Redis server v=/);
    });

    it('created twice alike stays; created otherwise is refused', async () => {
      const spec = fixture.container('alike', { volume: null });
      await engine.createContainer(spec, signal);
      await engine.createContainer({ ...spec, labels: {} }, signal);
      const other = engine.createContainer({ ...spec, memoryBytes: spec.memoryBytes * 2 }, signal);
      await expect(other).rejects.toMatchObject({ code: 'engine_error' });
    });

    it('of an image that the host lacks is refused', async () => {
      const spec = fixture.container('no-image', { image: 'holdfast/absent:1' });
      await expect(engine.createContainer(spec, signal)).rejects.toMatchObject({ code: 'image_unavailable' });
      expect(await engine.inspectContainer(spec.name, owner, signal)).toBeNull();
    });

    it('with a program that the image lacks does not start', async () => {
      const spec = fixture.container('no-program', { command: ['/no/such/program'], volume: null });
      await engine.createContainer(spec, signal);
      await expect(engine.startContainer(spec.name, signal)).rejects.toMatchObject({ code: 'engine_error' });
    });

    it('cannot take an address that is in use', async () => {
      const [first, second] = [
        fixture.container('first', fixture.atAddress(20)),
        fixture.container('second', fixture.atAddress(20)),
      ];
      await fixture.create(first);
      await fixture.create(second);
      await engine.startContainer(first.name, signal);
      await expect(engine.startContainer(second.name, signal)).rejects.toMatchObject({ code: 'engine_error' });
      await engine.ensureContainerAbsent(first.name, owner, signal);
      await engine.startContainer(second.name, signal);
    });

    it('that is absent cannot be started or read from', async () => {
      const name = `${installation}-absent`;
      await expect(engine.startContainer(name, signal)).rejects.toMatchObject({ code: 'engine_error' });
      await expect(engine.tailLogs(name, 10, signal)).rejects.toMatchObject({ code: 'engine_error' });
      await expect(engine.writeFiles(name, '/holdfast', fixture.files, signal)).rejects.toMatchObject({
        code: 'engine_error',
      });
      expect(await engine.readFile(name, '/holdfast/conf/redis.conf', signal)).toBeNull();
    });

    it('of a stranger is seen as one and left alone, running or not', async () => {
      const spec = fixture.container('strange', { owner: stranger });
      await fixture.create(spec);
      await engine.startContainer(spec.name, signal);
      expect(await engine.inspectContainer(spec.name, owner, signal)).toMatchObject({
        owned: false,
        state: 'running',
      });
      for (const refused of [
        engine.createContainer({ ...spec, owner }, signal),
        engine.ensureContainerAbsent(spec.name, owner, signal),
        engine.ensureContainerAbsent(spec.name, { ...stranger, subject: 'db-2' }, signal),
      ]) {
        await expect(refused).rejects.toMatchObject({
          code: 'name_taken_by_stranger',
          detail: expect.stringContaining(spec.name),
        });
      }
      expect(await engine.inspectContainer(spec.name, stranger, signal)).toMatchObject({
        owned: true,
        state: 'running',
      });
    });
  });
};
