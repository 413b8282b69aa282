const transform = { '^.+\\.ts$': '@swc/jest' };

/** One project per tier of the test pyramid; `npm run jest -- --selectProjects unit` runs one. */
const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  rootDir: import.meta.dirname,
  transform,
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: '<rootDir>/test/support/claim-ports.mjs',
  setupFiles: ['reflect-metadata'],
  moduleNameMapper: {
    '^#(domain|contracts|configuration|persistence|operations|queue|engine|observability)/(.*)\\.js$':
      '<rootDir>/libs/$1/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  ...extra,
});

export default {
  // A worker that leaves nothing open is gone 0.1 to 0.4 s after its last test on a busy machine, and later with more memory to give back; at 0.5 s,
  // as it is otherwise, jest blames the tests for that.
  workerGracefulExitTimeout: 10_000,
  // A hook that is given up goes on, and nobody closes what it opens then: the process would never end. On a busy machine five seconds are few.
  testTimeout: 30_000,
  projects: [
    project('unit', ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/apps/**/*.spec.ts']),
    project('architecture', ['<rootDir>/test/architecture/**/*.spec.ts']),
    project('contract', ['<rootDir>/test/contract/**/*.spec.ts']),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts']),
    project('faults', ['<rootDir>/test/faults/**/*.spec.ts']),
  ],
};
