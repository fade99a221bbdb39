import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './project';

/** Runs the twin in the foreground, its output ours, until it ends. */
export async function runTwin(options: {
  port?: string;
  stack?: string;
  bare?: boolean;
  var: string[];
  quiet?: boolean;
}): Promise<void> {
  const { port, stack, bare, quiet } = options;
  const given = [
    ...(port === undefined ? [] : ['--port', port]),
    ...(stack === undefined ? [] : ['--stack', stack]),
    ...(bare ? ['--bare'] : []),
    ...options.var.flatMap((assignment) => ['--var', assignment]),
    ...(quiet ? ['--quiet'] : []),
  ];
  const child = spawn(process.execPath, [join(root, 'scripts', 'run.js'), 'twin', ...given], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
