// Biome formats and lints; ESLint holds what biome does not: who may import whom, and promises that nobody awaits.
import tseslint from 'typescript-eslint';

const forbid = (files, patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } });
const root = {
  regex: '^@cdktf/provider-aws$',
  message: 'Import a submodule (@cdktf/provider-aws/lib/…): the root costs seconds.',
};
const others = (parts, why) => ({ regex: `^(\\.\\./)+(${parts})(/|$)`, message: why });

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'out', 'cdktf.out', '.venv'] },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: { 'no-restricted-imports': ['error', { patterns: [root] }] },
  },
  {
    files: ['functions/**/*.ts', 'twin/**/*.ts', 'cli/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  // Imports point one way: main → modules → statemachines, functions/core. See docs/decisions/0001-parts.md.
  forbid(
    ['modules/**/*.ts'],
    [
      root,
      others('cli|twin|scripts|test', 'modules import statemachines and functions/core only'),
      others('functions/(?!core/)[^/]+', 'modules import functions/core only'),
    ],
  ),
  forbid(['functions/core/**/*.ts'], [others('[a-z-]+', 'core imports nothing else of the project')]),
  forbid(
    ['functions/!(core)/**/*.ts'],
    [
      others(
        '(?!(core|incident)/)[a-z-]+',
        'a function imports functions/core, functions/incident and its own directory',
      ),
    ],
  ),
  forbid(
    ['functions/remediate-*/**/*.ts'],
    [
      others(
        '(?!core/)[a-z-]+',
        'a function imports functions/core and its own directory; functions/incident is for incidents',
      ),
    ],
  ),
  forbid(
    ['functions/incident/**/*.ts'],
    [others('(?!core/)[a-z-]+', 'what incident functions share imports functions/core only')],
  ),
  forbid(
    ['twin/**/*.ts'],
    [
      others(
        'cli|functions|main|modules|scripts|statemachines|test',
        'the twin imports no other part, or it would test our reading of AWS against itself',
      ),
    ],
  ),
  forbid(
    ['cli/**/*.ts'],
    [
      root,
      others('twin(?!/event-pattern)', 'the command starts the twin as a process and imports its event-pattern only'),
      others('modules(?!/names)', 'of the modules the command uses the names only'),
    ],
  ),
  forbid(
    ['statemachines/**/*.ts'],
    [others('cli|functions|main|modules|scripts|test|twin', 'state machines import nothing else of the project')],
  ),
);
