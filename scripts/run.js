const { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } = require('node:fs');
const { renameSync, rmSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { basename, join } = require('node:path');
const { Script } = require('node:vm');

const root = join(__dirname, '..');
// One folder below the root, as the sources that ask where they are.
const out = join(root, 'dist');
const machineCode = join(out, 'cache');
const SOURCES = ['cli', 'functions', 'modules', 'twin'];
// They look for files beside themselves.
const NOT_BUNDLED = ['@cloud-copilot/*', 'esbuild', 'typescript'];

/**
 * Runs `main.ts` of a folder, compiled into one file whenever a source is newer than that. V8's code for what the first run of a
 * command needed is kept too: to compile takes longer than what most commands do.
 *
 * @param {string} name `cli` or `twin`
 * @see https://nodejs.org/docs/latest-v20.x/api/vm.html#scriptcreatecacheddata
 */
function run(name) {
  const compiled = join(out, `${name}.js`);
  const files = sources();
  if (!existsSync(compiled) || newest(files) >= statSync(compiled).mtimeMs) compile(name, compiled, files);

  const [, command = ''] = /^([a-z]+)$/.exec(process.argv[2] ?? '') ?? [];
  // V8 tells sources apart by their length alone.
  const cache = join(machineCode, `${name}-${command}-${Math.floor(statSync(compiled).mtimeMs)}`);
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${readFileSync(compiled, 'utf8')}\n})`,
    { filename: compiled, ...(existsSync(cache) && { cachedData: readFileSync(cache) }) },
  );
  if (script.cachedDataRejected !== false)
    process.once('exit', (status) => {
      // What is no command ends with 2.
      if (status !== 2) put(cache, (path) => writeFileSync(path, script.createCachedData()));
    });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(compiled), module, compiled, out);
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
  mkdirSync(machineCode, { recursive: true });
  for (const file of readdirSync(machineCode))
    if (file.startsWith(`${name}-`)) rmSync(join(machineCode, file), { force: true });
  // What a thread begins with is a file of its own.
  for (const file of files.filter((one) => one.endsWith('.mjs')))
    put(join(out, basename(file)), (path) => copyFileSync(file, path));
  put(compiled, (outfile) => {
    buildSync({
      entryPoints: [join(root, name, 'main.ts')],
      absWorkingDir: root,
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      external: NOT_BUNDLED,
      // Where two packages name a class alike, esbuild renames one, and the SDK knows its silent logger by name.
      keepNames: true,
      logLevel: 'error',
    });
    // A source that is saved meanwhile is newer than this.
    utimesSync(outfile, started, started);
  });
}

/**
 * Others may start at the same moment: what they find is whole.
 *
 * @param {string} to
 * @param {(path: string) => void} write
 */
function put(to, write) {
  const own = `${to}.${process.pid}`;
  write(own);
  renameSync(own, to);
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
