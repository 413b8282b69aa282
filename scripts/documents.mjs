// The parts of docs/ that are made from the code. Each stands between `<!-- generated: name -->` and `<!-- end -->`; all else is hand-written.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationTable } from '#configuration/configuration-table.js';
import { allRoutes } from '#contracts/http/routes.js';
import { failures } from '#domain/errors/failures.js';
import { refusals } from '#domain/errors/refusals.js';
import { databaseStatusAfter, statusesToBegin } from '#domain/operation/effects.js';
import { operationKinds } from '#domain/operation/kinds.js';
import { operationTransitions } from '#domain/operation/state-machine.js';

const root = join(import.meta.dirname, '..');

const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const code = (text) => `\`${text}\``;
const codes = (texts) => texts.map(code).join(', ');

/** `queued --> running: claim`, one line for each transition. */
const operationDiagram = () => {
  const lines = Object.entries(operationTransitions).flatMap(([from, events]) => {
    const ways = Object.entries(events).map(([event, to]) => `  ${from} --> ${to}: ${event}`);
    return ways.length > 0 ? ways : [`  ${from} --> [*]`];
  });
  return mermaid(['  [*] --> queued: request', ...lines]);
};

/** From each status in which a kind may begin, by its moments. */
const databaseDiagram = () => {
  const lines = Object.entries(databaseStatusAfter).flatMap(([kind, { claim, ...ends }]) => {
    if (claim === undefined) return [];
    const begins = statusesToBegin[kind].filter((status) => status !== claim);
    return [
      // Before a worker has begun there is nothing to roll back, and the end comes at once.
      ...(ends.cancel ? [`  pending --> ${ends.cancel}: cancelled`] : []),
      ...begins.map((status) => `  ${status} --> ${claim}: ${kind}`),
      ...Object.entries(ends).map(([moment, status]) => `  ${claim} --> ${status}: ${words[moment]}`),
    ];
  });
  // Two kinds may lead the same way.
  return mermaid(['  [*] --> pending: request', ...new Set(lines), '  deprovisioned --> [*]']);
};

const words = {
  succeed: 'succeeded',
  fail: 'failed',
  untouched: 'failed before anything was removed',
  cancel: 'cancelled',
};
const mermaid = (lines) => ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n');

const kindsTable = () =>
  table(
    [
      'kind = queue = audit prefix',
      'app',
      'permission',
      'begins when the database is',
      'attempts',
      'waits between',
      'deadline of an attempt',
      'can be cancelled once it has begun',
    ],
    Object.entries(operationKinds).map(([kind, { app, permission, attempts, backoff, timeoutMs, cancellable }]) => [
      code(kind),
      code(app),
      code(permission),
      codes(statusesToBegin[kind]),
      attempts,
      `${backoff.firstMs / 1000} s, doubling to ${backoff.maximumMs / 1000} s`,
      `${timeoutMs / 1000} s`,
      Array.isArray(cancellable) ? `until ${code(cancellable.at(-1))}` : cancellable ? 'yes' : 'no',
    ]),
  );

const endings = { retry: 'transient: the operation is tried again', fail: 'final' };

/** The cause is written by hand and stays; everything else comes from the catalogue. */
const errorSections = (catalogue) => (document) =>
  Object.entries(catalogue)
    .map(([name, { status, disposition, title, remedy }]) =>
      [
        `### \`${name}\``,
        '',
        `${title}. HTTP ${status}, ${endings[disposition]}.`,
        '',
        `- Cause: ${causesIn(document).get(name) ?? ''}`,
        `- Remedy: ${remedy}`,
      ].join('\n'),
    )
    .join('\n\n');

export const causesIn = (document) =>
  new Map([...document.matchAll(/^### `(\w+)`\n\n.*\n\n- Cause: (.*)$/gm)].map(([, name, cause]) => [name, cause]));

const access = { public: 'nobody in particular', 'operation-kind': "that of the operation's kind" };

const routesTable = () =>
  table(
    ['method and path', 'permission', 'what'],
    allRoutes.map((route) => [
      `${code(`${route.method.toUpperCase()} ${route.path}`)}`,
      access[route.access] ?? code(route.access),
      route.summary,
    ]),
  );

/** One after the other: jest's module loader loses its way when modules are loaded side by side. */
const verbSections = async (verbs) => {
  const sections = [];
  for (const [name, load] of Object.entries(verbs)) sections.push(verbSection(name, await load()));
  return sections.join('\n\n');
};

const verbSection = (name, { summary, operands = [], options = [], notes, examples }) => {
  const shown = options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description }) => [code(flags.replaceAll('|', '\\|')), description]);
  const usage = [name, ...operands.map(operandText)].join(' ');
  return [
    `### \`${usage}\``,
    `${summary}.`,
    ...(notes ? [notes] : []),
    ...(shown.length > 0 ? [table(['option', 'what'], shown)] : []),
    ['```sh', ...examples, '```'].join('\n'),
  ].join('\n\n');
};

const operandText = (operand) => {
  const name = operand.variadic ? `${operand.name()}...` : operand.name();
  return operand.required ? `<${name}>` : `[${name}]`;
};

const sectionsOf = async (verbs) => ({
  'docs/state-machines.md': { operation: operationDiagram, database: databaseDiagram, kinds: kindsTable },
  'docs/errors.md': { refusals: errorSections(refusals), failures: errorSections(failures) },
  'docs/configuration.md': { variables: () => configurationTable().trimEnd() },
  'docs/api.md': { routes: routesTable },
  'docs/cli.md': { verbs: await verbSections(verbs).then((text) => () => text) },
});

/** Every generated document as it should be, and as it is. `verbs` are the CLI's. */
export const documents = async (verbs) =>
  Object.entries(await sectionsOf(verbs)).map(([path, sections]) => {
    const found = readFileSync(join(root, path), 'utf8');
    const wanted = Object.entries(sections).reduce(
      (text, [name, render]) => fill(path, text, name, render(found)),
      found,
    );
    return { path: join(root, path), name: path, found, wanted };
  });

const fill = (path, text, name, content) => {
  const pattern = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!pattern.test(text)) throw new Error(`${path} has no place for "${name}"`);
  return text.replace(pattern, (_, start, end) => `${start}\n${content}\n\n${end}`);
};
