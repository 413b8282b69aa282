const { resolve } = require('node:path');

const libraries = [
  'domain',
  'contracts',
  'configuration',
  'persistence',
  'operations',
  'queue',
  'engine',
  'observability',
];

/** Package.json's "imports" lead to the build; the rules are about the sources. */
module.exports = {
  resolve: {
    importsFields: [],
    alias: Object.fromEntries(libraries.map((name) => [`#${name}`, resolve('libs', name)])),
    extensionAlias: { '.js': ['.ts', '.js'] },
  },
};
