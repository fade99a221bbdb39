import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// CDKTF is archived. Its successor takes the same sources by an alias of the packages: this shows that it still does, and that the
// Terraform is the same but for the provider's name. Installs from the registry into a temporary directory.

const root = resolve(__dirname, '..', '..');
const SUCCESSOR = {
  cdktf: 'npm:cdktn@0.24.0',
  '@cdktf/provider-aws': 'npm:@cdktn/provider-aws@25.7.0',
  cdktn: '0.24.0',
};

/** Everything but metadata and the versions of the tools. */
function resourcesIn(directory: string): unknown {
  const { resource, data, provider } = JSON.parse(
    readFileSync(join(directory, 'cdktf.out', 'stacks', 'suture', 'cdk.tf.json'), 'utf8'),
  );
  return JSON.parse(JSON.stringify({ resource, data, provider }, (key, value) => (key === '//' ? undefined : value)));
}

function run(directory: string, command: string, ...given: string[]): void {
  const { status, stderr, error } = spawnSync(command, given, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${command} ${given.join(' ')}: ${error?.message ?? stderr}`);
}

function main(): void {
  const directory = mkdtempSync(join(tmpdir(), 'suture-cdktn-'));
  try {
    for (const part of ['functions', 'modules', 'scripts', 'twin', 'main.ts', 'tsconfig.json', 'cdktf.json', '.npmrc'])
      cpSync(join(root, part), join(directory, part), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...SUCCESSOR }, devDependencies: {} }),
    );
    run(directory, 'npm', 'install', '--no-package-lock');
    for (const [where, name] of [
      [root, 'cdktf'],
      [directory, 'cdktn'],
    ] as const) {
      for (const script of ['scripts/bundle.ts', 'main.ts']) run(where, process.execPath, '--import', 'tsx', script);
      console.log(`${name}: synthesized`);
    }
    if (JSON.stringify(resourcesIn(root)) !== JSON.stringify(resourcesIn(directory)))
      throw new Error('the resources differ');
    console.log('the resources are the same');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

main();
