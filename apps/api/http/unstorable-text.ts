import type { FieldProblem } from '#domain/errors/holdfast-error.js';

/** Postgres stores neither NUL nor half a surrogate pair, and a text that changes on its way must not be a name. */
// eslint-disable-next-line no-control-regex -- NUL is what this looks for
const unstorable = /\u0000|\p{Surrogate}/u;

/** Problems with texts and keys anywhere in a value. Goes through it without recursion: a body may be nested as deep as it is long. */
export const unstorableTexts = (value: unknown): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const open: { path: string; value: unknown }[] = [{ path: '', value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path } = next;
    if (typeof next.value === 'string') {
      if (unstorable.test(next.value)) problems.push({ path, message: 'holds a NUL or half a surrogate pair' });
    } else if (typeof next.value === 'object' && next.value !== null) {
      for (const [key, child] of Object.entries(next.value)) {
        if (unstorable.test(key)) problems.push({ path, message: 'has a key with a NUL or half a surrogate pair' });
        open.push({ path: `${path}${path === '' ? '' : '.'}${key}`.slice(0, 200), value: child });
      }
    }
  }
  return problems;
};
