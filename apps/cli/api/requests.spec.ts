import { describe, expect, it } from '@jest/globals';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';
import { Requests } from './requests.js';

const ok: Scene = { status: 200, body: {} };
const cut: Scene = (response) => response.destroy();
const silence: Scene = () => undefined;

const requests = (limits: { interrupted?: AbortSignal; answersWithinMs?: number } = {}) =>
  new Requests({ interrupted: new AbortController().signal, answersWithinMs: 30_000, ...limits });

const post = (api: ScriptedApi) => new Request(`${api.url}/thing`, { method: 'POST', body: '{"a":1}' });

describe('requests', () => {
  it('send a POST again under the same key when the connection is lost', async () => {
    await using api = await ScriptedApi.start({ 'POST /thing': [cut, ok] });
    expect((await requests().send(post(api))).status).toBe(200);
    const [first, second] = api.received;
    expect(second).toMatchObject({ body: { a: 1 } });
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it('have a key of their own each', async () => {
    await using api = await ScriptedApi.start({ 'POST /thing': [ok] });
    await requests().send(post(api));
    await requests().send(post(api));
    expect(new Set(api.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  it('give up after the second loss', async () => {
    await using api = await ScriptedApi.start({ 'POST /thing': [cut] });
    await expect(requests().send(post(api))).rejects.toMatchObject({ code: 'api_unreachable' });
    expect(api.received).toHaveLength(2);
  });

  it('do not repeat a DELETE', async () => {
    await using api = await ScriptedApi.start({ 'DELETE /thing': [cut] });
    const request = new Request(`${api.url}/thing`, { method: 'DELETE' });
    await expect(requests().send(request)).rejects.toMatchObject({ code: 'api_unreachable' });
    expect(api.received).toHaveLength(1);
  });

  it('end at their deadline, without a second try', async () => {
    await using api = await ScriptedApi.start({ 'POST /thing': [silence] });
    await expect(requests({ answersWithinMs: 50 }).send(post(api))).rejects.toMatchObject({
      code: 'api_unreachable',
      detail: expect.stringContaining('it took too long'),
    });
    expect(api.received).toHaveLength(1);
  });

  it('end on Ctrl-C', async () => {
    const controller = new AbortController();
    await using api = await ScriptedApi.start({ 'POST /thing': [() => controller.abort()] });
    const sent = requests({ interrupted: controller.signal }).send(post(api));
    await expect(sent).rejects.toMatchObject({ name: 'Interrupted' });
  });
});
