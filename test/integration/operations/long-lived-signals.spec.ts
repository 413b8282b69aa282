import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { faultPoints } from '#observability/fault-points.js';
import { sweepForDrift } from '#operations/drift/sweep.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { create } from '../../support/requests.js';
import { lookoutOn } from '../../support/sweeps.js';

let installation: FakeInstallation;
beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());
afterEach(() => faultPoints.disarmAll());

/** More than Node lets pass without a warning of a leak. */
const many = 15;

/** What AbortSignal.any has made of a signal; Node 20 keeps a trace of each for as long as the signal lives. */
const combined = (signal: AbortSignal): number => {
  const kept = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals');
  return kept === undefined ? 0 : ((signal as unknown as Record<symbol, Set<unknown>>)[kept]?.size ?? 0);
};
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

it('has one listener on the signal of the shutdown, however many operations run, and releases all of them', async () => {
  const stop = new AbortController();
  const runner = installation.runner();
  const created = await Promise.all(Array.from({ length: many }, (_, index) => create(installation, `many-${index}`)));
  let arrived = 0;
  let allHere: () => void = () => undefined;
  const here = new Promise<void>((resolve) => (allHere = resolve));
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  faultPoints.arm('provision:claimed', () => {
    if (++arrived === many) allHere();
    return held;
  });
  const running = created.map(({ operationId }) => runner.run(operationId, stop.signal));
  await here;
  const listening = listeners(stop.signal);
  stop.abort(new Error('shutdown'));
  goOn();
  expect(await Promise.all(running)).toEqual(Array(many).fill({ kind: 'released' }));
  expect(listening).toBe(1);
});

it('leaves nothing of a sweep on the signal of the shutdown', async () => {
  const stop = new AbortController();
  for (let index = 0; index < 3; index++) {
    const { operationId } = await create(installation, `swept-${index}`);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  }
  const { counts } = await sweepForDrift(await lookoutOn(installation), () => Promise.resolve(), stop.signal);
  expect(counts.byHealth).toMatchObject({ healthy: 3 });
  expect(combined(stop.signal)).toBe(0);
  expect(listeners(stop.signal)).toBeLessThanOrEqual(1);
});
