// Lints snippets as if they stood in files of the project: [[file, code], …] on standard input, messages by snippet on standard output.
// A process of its own, since ESLint's configuration is an ES module.
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';

const typed = ['no-floating-promises', 'no-misused-promises', 'await-thenable'].map((rule) => [
  `@typescript-eslint/${rule}`,
  'off',
]);
const eslint = new ESLint({
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: false } },
    rules: Object.fromEntries(typed),
  },
});
const messages = [];
for (const [filePath, code] of JSON.parse(readFileSync(0, 'utf8'))) {
  const [result] = await eslint.lintText(code, { filePath });
  messages.push((result?.messages ?? []).map(({ message }) => message));
}
process.stdout.write(JSON.stringify(messages));
