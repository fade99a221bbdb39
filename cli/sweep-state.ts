import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as z from 'zod';
import type { Home } from '../functions/core/remediation';
import { readJson, replaceFile } from './files';
import type { SweepMode, SweepTotals } from './sweep-account';
import { UsageError } from './terminal';

const State = z.strictObject({
  mode: z.enum(['observe', 'enforce']),
  account: z.string(),
  region: z.string(),
  totals: z.strictObject({
    id: z.string(),
    startedAt: z.iso.datetime(),
    from: z.string().optional(),
    seen: z.int().min(0),
    inQuestion: z.int().min(0),
    outcomes: z.record(z.string(), z.int().min(0)),
  }),
});

/** Where a sweep has come to, in a small file, so that one that was interrupted can be gone on with. */
export class SweepState {
  readonly totals: SweepTotals;

  private constructor(
    private readonly file: string,
    private readonly mode: SweepMode,
    private readonly home: Home,
    totals: SweepTotals | undefined,
  ) {
    this.totals = totals ?? {
      id: randomUUID(),
      startedAt: new Date().toISOString(),
      seen: 0,
      inQuestion: 0,
      outcomes: {},
    };
    this.save();
  }

  /** @throws UsageError if there is nothing, or something else, to go on with */
  static begin(file: string, mode: SweepMode, home: Home, resume: boolean): SweepState {
    const left = resume ? readLeft(file, mode, home) : undefined;
    return new SweepState(file, mode, home, left);
  }

  save(): void {
    const { account, region } = this.home;
    replaceFile(this.file, { mode: this.mode, account, region, totals: this.totals });
  }

  /** It came to its end. */
  forget(): void {
    rmSync(this.file, { force: true });
  }
}

function readLeft(file: string, mode: SweepMode, { account, region }: Home): SweepTotals {
  const content = readJson(file);
  if (content === undefined)
    throw new UsageError(`there is nothing to resume: no sweep of ${account} in ${region} was interrupted`);
  const { success, data } = State.safeParse(content);
  if (!success) throw new UsageError(`${file} is not what it should be; begin anew without --resume`);
  if (data.account !== account || data.region !== region)
    throw new UsageError(
      `the sweep that was interrupted was of account ${data.account} in ${data.region}, not of ${account} in ${region}`,
    );
  if (data.mode !== mode)
    throw new UsageError(`the sweep that was interrupted ran with --mode ${data.mode}; resume it so, or begin anew`);
  return data.totals as SweepTotals;
}
