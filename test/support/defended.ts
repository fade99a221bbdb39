import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdktf';
import { parseSettings } from '../../functions/core/settings';
import { SutureStack } from '../../modules/suture-stack';
import { outDirectory } from './stacks';

/**
 * Synthesizes the stack of some settings that no other test asks for.
 *
 * @returns its folder
 */
export function defendedStack(name: string, input: object): string {
  const outdir = join(outDirectory, `defended-${name}`);
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  const stack = new SutureStack(app, parseSettings(input));
  app.synth();
  return join(outdir, 'stacks', stack.node.id);
}
