import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './terminal';

/** One command at a time in a directory. */
export class DirectoryLock {
  private readonly file: string;
  private readonly content = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() });

  /** @throws UsageError if another command works there */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.file = join(directory, 'lock');
    if (this.take()) return;
    this.removeStale();
    if (!this.take()) throw this.taken(readFileSync(this.file, 'utf8'));
  }

  release(): void {
    if (read(this.file) === this.content) rmSync(this.file);
  }

  private take(): boolean {
    try {
      writeFileSync(this.file, this.content, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  }

  /** Moves away the lock of a process that is no more; puts it back if it turns out to be another's by then. */
  private removeStale(): void {
    const found = read(this.file);
    if (found === undefined) return;
    if (isAlive(found)) throw this.taken(found);
    const aside = `${this.file}.${process.pid}`;
    renameSync(this.file, aside);
    if (read(aside) !== found) {
      renameSync(aside, this.file);
      throw this.taken(found);
    }
    rmSync(aside);
  }

  private taken(found: string): UsageError {
    return new UsageError(
      `another command works with this ledger (${found}): wait until it ends, or remove ${this.file} if there is none`,
    );
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether a lock's process may still run: it does not, if it was of this machine and is no more. */
function isAlive(content: string): boolean {
  try {
    const { pid, host } = JSON.parse(content) as { pid: number; host: string };
    if (host !== hostname()) return true;
    if (pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
