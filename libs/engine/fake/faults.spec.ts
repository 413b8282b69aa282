import { describe, expect, it } from '@jest/globals';
import { Faults } from './faults.js';

const never = new AbortController().signal;

describe('Faults', () => {
  it('fails as many calls of a method as it was told to', async () => {
    const faults = new Faults<'start' | 'stop'>();
    const [first, second] = [new Error('first'), new Error('second')];
    faults.failNext('start', first);
    faults.failNext('start', second);
    await faults.pass('stop', never);
    await expect(faults.pass('start', never)).rejects.toBe(first);
    await expect(faults.pass('start', never)).rejects.toBe(second);
    await faults.pass('start', never);
    expect(faults.calls).toEqual(['stop', 'start', 'start', 'start']);
  });

  it('fails everything until it is told to stop', async () => {
    const faults = new Faults<'start' | 'stop'>();
    const down = new Error('down');
    faults.failAll(down);
    await expect(faults.pass('start', never)).rejects.toBe(down);
    await expect(faults.pass('stop', never)).rejects.toBe(down);
    faults.failAll(null);
    await faults.pass('start', never);
  });

  it('holds a call until it is released', async () => {
    const faults = new Faults<'start'>();
    const hold = faults.hold('start');
    let passed = false;
    const call = faults.pass('start', never).then(() => (passed = true));
    await hold.reached;
    expect(passed).toBe(false);
    hold.release();
    await call;
    await faults.pass('start', never);
  });

  it('lets a held call go when it is cancelled', async () => {
    const faults = new Faults<'start'>();
    const hold = faults.hold('start');
    const controller = new AbortController();
    const call = faults.pass('start', controller.signal);
    await hold.reached;
    const reason = new Error('shutdown');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});
