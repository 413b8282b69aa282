/**
 * The dependency rules of docs/architecture.md. `npm run check:dependencies` fails on a breach; test/architecture proves that each
 * rule bites. Type-only imports count as well: a type that is borrowed across a border carries the border's other side along.
 */
const specs = '\\.(spec|suite)\\.ts$';

/** From one library, nothing but these; node's own modules are what the library's other rules say. */
const only = (library, allowed, comment) => ({
  name: `${library}-imports-only`,
  comment,
  severity: 'error',
  from: { path: `^libs/${library}/`, pathNot: specs },
  to: { path: '^(libs|apps|test)/', pathNot: [`^libs/${library}/`, ...allowed.map((name) => `^libs/${name}`)] },
});

/** A package that one place knows, so that it can be replaced there. */
const onlyIn = (name, packages, places, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: [...places, '^test/', specs] },
  to: { path: packages.map((one) => `^node_modules/${one}/`) },
});

const forbidden = [
  {
    name: 'no-circular',
    comment:
      'Two files that need each other are one file, or hide a third. Types count: they are where a cycle begins.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'An import that leads nowhere would slip through every other rule.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true, pathNot: '^node:' },
  },
  only('domain', [], 'The domain is pure: no framework, no input or output.'),
  {
    name: 'domain-is-pure',
    comment:
      "No package and none of node's modules but the hash functions of node:crypto, which are pure: the history's chain and the ACL file are made of hashes.",
    severity: 'error',
    from: { path: '^libs/domain/', pathNot: specs },
    to: { pathNot: ['^libs/domain/', '^(node:)?crypto$'] },
  },
  {
    name: 'domain-takes-only-hashes',
    comment: 'Randomness is an argument of the domain.',
    severity: 'error',
    from: {
      path: '^libs/domain/',
      pathNot: ['^libs/domain/audit/chain\\.ts$', '^libs/domain/server/users\\.ts$', specs],
    },
    to: { path: '^(node:)?crypto$' },
  },
  only('contracts', ['domain/'], 'Contracts are what others read: they know the words of the domain and Zod.'),
  only('configuration', ['domain/'], 'Configuration comes before everything that is configured.'),
  only('observability', ['domain/', 'configuration/'], 'Logs, metrics and fault points are used by all and use none.'),
  only('persistence', ['domain/', 'contracts/'], 'Postgres knows no engine, no queue and no operation.'),
  only(
    'queue',
    ['domain/', 'contracts/', 'configuration/', 'observability/'],
    'The queue only wakes; it knows no facts.',
  ),
  only(
    'engine',
    ['domain/', 'configuration/(configuration|backup-stores)\\.ts$', 'observability/fault-points\\.ts$'],
    'The engine knows the host, not the store.',
  ),
  only(
    'operations',
    ['domain/', 'contracts/', 'configuration/', 'observability/', 'persistence/', 'engine/(ports|wait)/'],
    'Operations see the ports of the engine, and wait for them; never Docker, Redis or HAProxy themselves, and never the queue.',
  ),
  {
    name: 'apps-stand-alone',
    comment: 'An app never imports an app; the standalone process is made of them.',
    severity: 'error',
    from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'libraries-know-no-app',
    comment: 'One direction.',
    severity: 'error',
    from: { path: '^libs/' },
    to: { path: '^(apps|test)/' },
  },
  {
    name: 'faces-never-touch-the-engine',
    comment: 'Whatever changes a host goes through an operation.',
    severity: 'error',
    from: { path: '^apps/(api|cli|dashboard|scheduler)/' },
    to: { path: '^libs/engine/', pathNot: '^libs/engine/open-backups\\.ts$' },
  },
  {
    name: 'only-the-api-opens-backups',
    comment:
      'Backups go out and come in through it as bytes (docs/adr/0011); no other face has a use for their stores.',
    severity: 'error',
    from: { path: '^apps/(cli|dashboard|scheduler)/' },
    to: { path: '^libs/engine/open-backups\\.ts$' },
  },
  {
    name: 'cli-talks-to-the-api',
    comment: 'The CLI knows the words of the domain and its own configuration; everything else it asks the API.',
    severity: 'error',
    from: { path: '^apps/cli/', pathNot: specs },
    to: { path: '^libs/', pathNot: ['^libs/domain/', '^libs/configuration/'] },
  },
  {
    name: 'nest-lives-in-apps',
    comment:
      'Libraries are plain classes with constructor arguments; a module that several apps share is the thin one beside them.',
    severity: 'error',
    from: { path: '^libs/', pathNot: '\\.module\\.ts$' },
    to: { path: '^node_modules/@nestjs/' },
  },
  onlyIn(
    'bullmq-in-queue',
    ['bullmq', '@nestjs/bullmq', '@bull-board'],
    ['^libs/queue/', '^apps/(lifecycle|backup|sweep)-worker/', '^apps/api/queues/'],
    'BullMQ is known to the queue library, the processors and the queue dashboard.',
  ),
  onlyIn(
    'dockerode-in-engine',
    ['dockerode', '@types/dockerode', 'tar-stream', '@types/tar-stream', '@peculiar/x509'],
    ['^libs/engine/'],
    'Nothing above the engine may know which one runs.',
  ),
  onlyIn('s3-in-stores', ['@aws-sdk'], ['^libs/engine/stores/'], 'To all others a backup store is the port.'),
  onlyIn(
    'ioredis-in-engine',
    ['ioredis'],
    ['^libs/engine/redis/', '^libs/queue/', '^apps/setup/'],
    "The set-up asks the queue's Redis whether it answers.",
  ),
  onlyIn(
    'postgres-in-persistence',
    ['kysely', 'pg', '@types/pg'],
    ['^libs/persistence/', '^apps/setup/'],
    'SQL is written in one library; the set-up makes the database before there is a schema.',
  ),
  {
    name: 'production-is-not-a-test',
    comment: 'Fakes and test support never run in production.',
    severity: 'error',
    from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/testing/', '^libs/engine/fake/'] },
    to: { path: ['^test/', '^libs/engine/fake/', '\\.spec\\.ts$', '/testing/'] },
  },
  {
    name: 'declared-dependencies',
    comment: 'A package that package.json does not name is there by accident.',
    severity: 'error',
    from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/testing/'] },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['type-only'],
      pathNot: '^node_modules/@types/',
    },
  },
];

module.exports = {
  forbidden,
  options: {
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    webpackConfig: { fileName: '.dependency-cruiser.resolve.cjs' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'require', 'node', 'default'],
    },
    doNotFollow: { path: ['^node_modules', '^dist'] },
  },
};
