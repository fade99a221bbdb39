import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '../../main';
import { bundle, functionNames } from '../../scripts/bundle';
import { outDirectory, variants } from './stacks';

/** What every test run needs first: the zips, and the Terraform of a few settings. */
export default async function buildOnce(): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  for (const name of functionNames()) await bundle(name);
  for (const [name, settings] of Object.entries(variants)) {
    const directory = join(outDirectory, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'settings.json'), JSON.stringify(settings));
    synthesize(settings, directory);
  }
}
