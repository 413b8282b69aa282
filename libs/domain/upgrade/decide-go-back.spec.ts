import { describe, expect, it } from '@jest/globals';
import { decideGoBack, type GoBackAction, type GoBackSituation } from './decide-go-back.js';

/** What there is of one server. Its file says what it is after a start. */
interface Server {
  readonly up: boolean;
  readonly file: 'primary' | 'fenced';
  readonly role: 'master' | 'slave';
}

interface State {
  readonly today: Server;
  readonly kept: Server & { readonly made: boolean };
  readonly recorded: boolean;
  readonly proved: boolean;
  readonly done: readonly string[];
  readonly deaths: number;
  readonly way: readonly string[];
}

const started = (server: Server): Server => ({
  ...server,
  up: true,
  role: server.file === 'primary' ? 'master' : 'slave',
});

/** What an action does, part by part: the worker may die after each. */
const parts: Readonly<Record<GoBackAction, readonly ((state: State) => State)[]>> = {
  check: [],
  backup: [(state) => ({ ...state, proved: true })],
  verify: [],
  try: [],
  create: [
    (state) => ({ ...state, kept: { ...state.kept, up: false } }),
    (state) => ({ ...state, kept: { ...state.kept, file: 'fenced', made: true } }),
  ],
  start: [(state) => ({ ...state, kept: { ...state.kept, ...started(state.kept) } })],
  'await-answer': [],
  prepare: [],
  'fence-source': [(state) => ({ ...state, today: { ...state.today, file: 'fenced' } })],
  switch: [
    // One that does not answer is stopped.
    (state) => ({ ...state, today: { ...state.today, role: 'slave' } }),
    (state) => ({ ...state, recorded: true }),
    (state) => ({ ...state, kept: { ...state.kept, role: state.kept.up ? 'master' : state.kept.role } }),
  ],
  'give-back': [
    (state) => ({ ...state, today: { ...state.today, file: 'primary' } }),
    (state) => ({ ...state, today: { ...state.today, up: true, role: 'master' } }),
  ],
  'take-over': [
    (state) => ({ ...state, kept: { ...state.kept, file: 'primary' } }),
    (state) => ({ ...state, kept: { ...state.kept, up: true, role: 'master' } }),
  ],
  'open-doors': [],
  fence: [(state) => ({ ...state, today: { ...state.today, file: 'fenced', up: false } })],
  'await-ready': [],
};

const situationOf = ({ today, kept, recorded, proved, done }: State): GoBackSituation => ({
  ...{ operationId: 'this', recorded, overtaken: false, wantsBackup: true, backedUp: proved, verified: proved },
  container: {
    ...{ owned: true, running: kept.up, generation: 1, startedAt: null },
    operationId: kept.made ? 'this' : 'the upgrade',
  },
  kept: kept.up ? kept.role : null,
  today: today.up ? today.role : null,
  done: new Set(done),
});

const writers = ({ today, kept }: State): number =>
  [today, kept].filter(({ up, role }) => up && role === 'master').length;

/** A server that crashes is started again by Docker, in the role of its file; a worker that dies knows nothing of what it had done. */
const mischief = (state: State): State[] => {
  if (state.deaths === 0) return [];
  const less = { ...state, deaths: state.deaths - 1 };
  return [
    { ...less, done: [], way: [...state.way, 'the worker dies'] },
    ...(state.today.up ? [{ ...less, today: started(state.today), way: [...state.way, 'today crashes'] }] : []),
    ...(state.kept.up
      ? [{ ...less, kept: { ...state.kept, ...started(state.kept) }, way: [...state.way, 'kept crashes'] }]
      : []),
  ];
};

const first: State = {
  today: { up: true, file: 'primary', role: 'master' },
  kept: { up: false, file: 'fenced', role: 'slave', made: false },
  ...{ recorded: false, proved: false, done: [], deaths: 2, way: [] },
};

/** Every way there is. Returns where they end. */
const explore = (state: State, look: (state: State) => void, ends: State[] = [], seen = new Set<string>()): State[] => {
  const key = JSON.stringify({ ...state, way: [] });
  if (seen.has(key)) return ends;
  seen.add(key);
  look(state);
  for (const next of mischief(state)) explore(next, look, ends, seen);
  const decision = decideGoBack(situationOf(state));
  if (decision.next === 'finish' || decision.next === 'refuse') {
    // A transient refusal is followed by another attempt.
    const retried = decision.next === 'refuse' && state.done.length > 0;
    if (retried) explore({ ...state, done: [] }, look, ends, seen);
    else ends.push(state);
    return ends;
  }
  let now: State = { ...state, way: [...state.way, decision.next] };
  for (const part of parts[decision.next]) {
    now = part(now);
    look(now);
    for (const next of mischief(now)) explore({ ...next, done: [] }, look, ends, seen);
  }
  return explore(
    { ...now, done: [...now.done.filter((name) => name !== decision.next), decision.next] },
    ...([look, ends, seen] as const),
  );
};

describe('a way back of which the worker and the servers die at any moment', () => {
  it('has never two writers, and ends with the server that was kept alone', () => {
    const two: State[] = [];
    const ends = explore(first, (state) => {
      if (writers(state) > 1) two.push(state);
    });
    expect(two.map(({ way }) => way)).toEqual([]);
    expect(ends.length).toBeGreaterThan(0);
    const bad = ends.filter(
      ({ recorded, kept, today }) =>
        !recorded || today.up || today.file !== 'fenced' || kept.role !== 'master' || kept.file !== 'primary',
    );
    expect(bad.map(({ way }) => way)).toEqual([]);
  });

  it('has writers again once what follows is done, wherever it was undone', () => {
    const ways: string[][] = [];
    explore(first, (state) => {
      if (state.recorded) return;
      const undone = parts['give-back'].reduce((now, part) => part(now), state);
      if (writers({ ...undone, kept: { ...undone.kept, up: false } }) !== 1) ways.push([...state.way]);
    });
    expect(ways).toEqual([]);
  });
});

describe('before anything is touched', () => {
  const situation = (more: Partial<GoBackSituation>): GoBackSituation => ({
    ...situationOf({ ...first, proved: true, done: ['check'] }),
    ...more,
  });

  it.each([
    [{ done: new Set<string>() }, 'check'],
    [{ backedUp: false, verified: false }, 'backup'],
    [{ verified: false }, 'verify'],
    [{ verified: false, backedUp: false, wantsBackup: false }, 'try'],
    [{ done: new Set(['check', 'try']) }, 'create'],
    [{ overtaken: true }, 'refuse'],
    [{ kept: 'master' as const }, 'refuse'],
    [{ today: 'slave' as const }, 'give-back'],
    // One that has crashed is no reason to stay: it is stopped, and the other one comes back.
    [{ today: null, wantsBackup: false }, 'try'],
  ])('%o is followed by %s', (more, next) => {
    expect(decideGoBack(situation(more)).next).toBe(next);
  });

  it('leaves alone what is not ours', () => {
    const container = { ...situation({}).container!, owned: false };
    expect(decideGoBack(situation({ container }))).toMatchObject({ code: 'name_taken_by_stranger' });
  });
});
