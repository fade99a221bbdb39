import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'cdktf';
import { asError, ConfigurationError } from './functions/core/errors';
import { parseSettings, settingsWarnings } from './functions/core/settings';
import { GuardrailStack } from './modules/guardrail-stack';
import { SutureStack } from './modules/suture-stack';

/**
 * Writes the Terraform of some settings into `OUT/stacks/suture`, and into `OUT/stacks/suture-guardrail` if they ask for a guardrail.
 *
 * @param input the content of a settings file
 * @returns what the settings say that will not happen
 * @throws ConfigurationError if the settings are not valid, or a function is not bundled
 */
export function synthesize(input: unknown, out: string): string[] {
  const settings = parseSettings(input);
  // cdktf makes the last folder of a path only.
  mkdirSync(resolve(out), { recursive: true });
  const app = new App({ outdir: resolve(out) });
  new SutureStack(app, settings);
  if (settings.guardrail !== null) new GuardrailStack(app, settings);
  app.synth();
  return settingsWarnings(input, new Date().toISOString().slice(0, 10));
}

/** @param named the file that was asked for; without it `settings.json` counts if it is there */
function readSettings(named: string | undefined): unknown {
  const file = resolve(named ?? resolve(__dirname, 'settings.json'));
  if (!existsSync(file)) {
    if (named === undefined) return {};
    throw new ConfigurationError(`${named}: no such settings file`);
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigurationError(`${file} is not JSON: ${asError(error).message}`);
  }
}

function main(): void {
  try {
    const { values } = parseArgs({ options: { settings: { type: 'string' }, out: { type: 'string' } } });
    // The cdktf command says in the environment where it wants the output.
    const out = values.out ?? process.env.CDKTF_OUTDIR ?? resolve(__dirname, 'cdktf.out');
    const warnings = synthesize(readSettings(values.settings ?? process.env.SUTURE_SETTINGS), out);
    for (const warning of warnings) console.warn(`warning: ${warning}`);
  } catch (error) {
    const wrongUse =
      error instanceof ConfigurationError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
    if (!wrongUse) throw error;
    console.error(asError(error).message);
    process.exitCode = 2;
  }
}

if (require.main === module) main();
