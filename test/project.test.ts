import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { functionNames } from '../scripts/bundle';
import { references } from '../scripts/reference';

// Rules that the project sets itself.

const root = join(__dirname, '..');

describe('imports point one way', () => {
  const forbidden = [
    ['twin/clock.ts', '../functions/core/heal', 'the twin imports no other part'],
    ['twin/services/sqs/index.ts', '../../../modules/names', 'the twin imports no other part'],
    ['functions/core/heal.ts', '../remediate-security-group/adapter', 'core imports nothing else'],
    ['functions/remediate-security-group/planner.ts', '../../modules/names', 'a function imports functions/core'],
    [
      'functions/remediate-security-group/planner.ts',
      '../remediate-bucket/planner',
      'a function imports functions/core',
    ],
    ['modules/trail.ts', '../functions/remediate-security-group/planner', 'modules import functions/core only'],
    ['modules/trail.ts', '@cdktf/provider-aws', 'Import a submodule'],
    ['cli/demo.ts', '../twin/twin', 'the command starts the twin as a process'],
    ['cli/demo.ts', '../modules/suture-stack', 'the names only'],
  ] as const;
  const allowed = [
    ['functions/remediate-security-group/planner.ts', '../core/exceptions'],
    ['modules/trail.ts', '../functions/core/policy'],
    ['cli/demo.ts', '../twin/event-pattern'],
    ['cli/demo.ts', '../modules/names'],
  ] as const;
  let messages: string[][];
  beforeAll(() => {
    const snippets = [...forbidden, ...allowed].map(([file, from]) => [
      join(root, file),
      `import { x } from '${from}';\nexport const y = x;\n`,
    ]);
    const script = join(__dirname, 'support', 'lint-snippets.mjs');
    messages = JSON.parse(
      execFileSync(process.execPath, [script], { cwd: root, input: JSON.stringify(snippets), encoding: 'utf8' }),
    );
  });

  it.each(forbidden.map(([file, from, message], index) => [file, from, message, index] as const))(
    '%s may not import %s',
    (_file, _from, message, index) => {
      expect(messages[index]?.join()).toContain(message);
    },
  );

  it.each(allowed.map(([file, from], index) => [file, from, index] as const))(
    '%s may import %s',
    (_file, _from, index) => {
      expect(messages[forbidden.length + index]).toEqual([]);
    },
  );
});

it('two builds in two directories are the same, byte by byte', () => {
  const build = (name: string): Record<string, string> => {
    const directory = mkdtempSync(join(tmpdir(), name));
    try {
      for (const part of [
        'functions',
        'modules',
        'scripts',
        'statemachines',
        'twin',
        'main.ts',
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'cdktf.json',
      ])
        cpSync(join(root, part), join(directory, part), { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
      for (const script of ['scripts/bundle.ts', 'main.ts'])
        execFileSync(process.execPath, ['--import', 'tsx', script], {
          cwd: directory,
          stdio: ['ignore', 'ignore', 'inherit'],
        });
      const outputs = ['dist', 'cdktf.out']
        .flatMap((part) => readdirSync(join(directory, part), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile());
      return Object.fromEntries(
        outputs
          .map(({ parentPath, name: file }) => [
            relative(directory, join(parentPath, file)),
            createHash('sha256')
              .update(readFileSync(join(parentPath, file)))
              .digest('hex'),
          ])
          .sort(),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  const first = build('one-');
  expect(Object.keys(first)).toContain(join('cdktf.out', 'stacks', 'suture', 'cdk.tf.json'));
  expect(build('a directory with spaces, elsewhere-')).toEqual(first);
}, 120_000);

it.each(functionNames())('%s fits its budget', (name) => {
  const { zipBytes } = JSON.parse(readFileSync(join(root, 'dist', 'functions', `${name}.json`), 'utf8')) as {
    zipBytes: number;
  };
  expect(zipBytes).toBeLessThanOrEqual(120 * 1024);
});

it.each(Object.entries(references()))('docs/%s is what the code says (npm run reference)', (file, text) => {
  expect(readFileSync(join(root, 'docs', file), 'utf8')).toBe(text);
});

it('synthesis says what is wrong with the settings, and ends with 2', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(root, 'main.ts'), '--settings', 'nope.json'],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 2, stderr: 'nope.json: no such settings file\n' });
});

it('the lockfile names no host, and no version is a range', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d/);
});
