const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { transformSync, version } = require('esbuild');

/** Compiles TypeScript for jest, file by file. Tests run the same compiler that makes the bundles. */
module.exports = {
  getCacheKey: (/** @type {string} */ source, /** @type {string} */ file) =>
    createHash('sha256').update(version).update(readFileSync(__filename)).update(file).update(source).digest('hex'),
  process: (/** @type {string} */ source, /** @type {string} */ file) => ({
    code: transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcefile: file,
      sourcemap: 'inline',
    }).code,
  }),
};
