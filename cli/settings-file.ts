import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asError, ConfigurationError } from '../functions/core/errors';
import { parseSettings, type Settings } from '../functions/core/settings';
import { root } from './project';
import { UsageError } from './terminal';

/**
 * The settings that a command goes by: the file that is named, else what `npm run build` takes, `SUTURE_SETTINGS` or `settings.json`
 * of the checkout, else the defaults.
 *
 * @throws UsageError if the file is not there, or not valid
 */
export function readSettings(named?: string): Settings {
  const asked = named ?? process.env.SUTURE_SETTINGS;
  const file = resolve(asked ?? join(root, 'settings.json'));
  if (!existsSync(file)) {
    if (asked !== undefined) throw new UsageError(`${asked}: no such settings file`);
    return parseSettings({});
  }
  try {
    return parseSettings(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(`${file}: ${error.message}`);
    throw new UsageError(`${file} is not JSON: ${asError(error).message}`);
  }
}
