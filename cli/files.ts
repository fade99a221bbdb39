import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { asError, UnreadableStateError } from '../functions/core/errors';

/** Writes a file as a whole or not at all. */
export function replaceFile(path: string, content: unknown, { flush = false } = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  const file = openSync(draft, 'w');
  try {
    writeSync(file, `${JSON.stringify(content)}\n`);
    if (flush) fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** What a file of ours holds. Undefined if it is not there. @throws UnreadableStateError if it is no JSON */
export function readJson<T>(path: string): T | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    throw new UnreadableStateError(`${path} is not what it should be: ${asError(error).message}`);
  }
}
