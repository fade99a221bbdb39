import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'suture-run-'));
  for (const folder of ['cli', 'functions', 'modules', 'twin', 'scripts']) mkdirSync(join(project, folder));
  cpSync(join(root, 'scripts', 'run.js'), join(project, 'scripts', 'run.js'));
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  write('cli/main.ts', "import { word } from './word'; console.log(word, process.argv.slice(2).join(), __dirname);");
});
afterEach(() => rmSync(project, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(project, file), text);
const run = (...given: string[]) =>
  execFileSync(process.execPath, [join(project, 'scripts', 'run.js'), 'cli', ...given], { encoding: 'utf8' }).trim();

it('runs what the sources say now, with the arguments that are given', () => {
  write('cli/word.ts', "export const word: string = 'one';");
  // The second run finds what the first one left.
  for (const _time of [1, 2]) expect(run('explain', 'x')).toBe(`one explain,x ${join(project, 'dist')}`);
  // As long as before: V8 would take the code that was kept for the old source.
  write('cli/word.ts', "export const word: string = 'two';");
  for (const _time of [1, 2]) expect(run('explain', 'x')).toBe(`two explain,x ${join(project, 'dist')}`);
});

it('keeps code for commands only, and nothing half written', () => {
  write('cli/word.ts', "export const word = 'one'; if (process.argv[2] === 'explan') process.exitCode = 2;");
  run('explain');
  expect(() => run('explan')).toThrow();
  run('../../elsewhere');
  const kept = readdirSync(join(project, 'dist', 'cache'));
  expect(kept.map((file) => file.replace(/\d+$/, '')).sort()).toEqual(['cli--', 'cli-explain-']);
  expect(readdirSync(join(project, 'dist')).sort()).toEqual(['cache', 'cli.js']);
  expect(existsSync(join(project, 'elsewhere'))).toBe(false);
});
