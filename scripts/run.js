const { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync } = require('node:fs');
const { basename, join } = require('node:path');

const root = join(__dirname, '..');
// One folder below the root, as the sources that ask where they are.
const out = join(root, 'dist');
const SOURCES = ['cli', 'functions', 'modules', 'twin'];

/**
 * Runs `main.ts` of a folder, compiled into one file whenever a source is newer than that: compiling sources while they are loaded
 * takes longer than what most commands do. Packages stay where they are, so that each is loaded when it is first needed.
 *
 * @param {string} name `cli` or `twin`
 */
function run(name) {
  const compiled = join(out, `${name}.js`);
  const files = sources();
  if (!existsSync(compiled) || newest(files) >= statSync(compiled).mtimeMs) compile(name, compiled, files);
  require(compiled);
}

/**
 * @param {string} name
 * @param {string} compiled
 * @param {readonly string[]} files
 */
function compile(name, compiled, files) {
  const started = new Date();
  // Loaded only here: most starts find everything compiled.
  const { buildSync } = require('esbuild');
  mkdirSync(out, { recursive: true });
  // Others may start at the same moment: what they find is whole.
  const put = (/** @type {string} */ to, /** @type {(path: string) => void} */ write) => {
    const own = `${to}.${process.pid}`;
    write(own);
    // A source that is saved meanwhile is newer than this.
    utimesSync(own, started, started);
    renameSync(own, to);
  };
  // What a thread begins with is a file of its own.
  for (const file of files.filter((one) => one.endsWith('.mjs')))
    put(join(out, basename(file)), (path) => copyFileSync(file, path));
  put(compiled, (outfile) =>
    buildSync({
      entryPoints: [join(root, name, 'main.ts')],
      absWorkingDir: root,
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      packages: 'external',
      keepNames: true,
      logLevel: 'error',
    }),
  );
}

const sources = () =>
  SOURCES.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.m?ts$|\.mjs$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .concat(__filename);

/** @param {readonly string[]} files */
const newest = (files) => Math.max(...files.map((file) => statSync(file).mtimeMs));

module.exports = { run };

if (require.main === module) run(process.argv.splice(2, 1)[0] ?? '');
