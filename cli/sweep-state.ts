import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as z from 'zod';
import type { Home } from '../functions/core/remediation';
import { readJson, replaceFile } from './files';
import { type KindName, kindNames } from './kind-names';
import type { SweepMode, SweepTotals } from './sweep-account';
import { UsageError } from './terminal';

const State = z.strictObject({
  mode: z.enum(['observe', 'enforce']),
  account: z.string(),
  region: z.string(),
  id: z.string(),
  startedAt: z.iso.datetime(),
  // In their order. The first that is not done is where it was.
  kinds: z
    .array(
      z.strictObject({
        kind: z.enum(kindNames),
        from: z.string().optional(),
        seen: z.int().min(0),
        inQuestion: z.int().min(0),
        outcomes: z.record(z.string(), z.int().min(0)),
        isDone: z.boolean(),
      }),
    )
    .min(1),
});

/** What is swept, and how. */
interface SweepScope {
  readonly mode: SweepMode;
  readonly home: Home;
  readonly kinds: readonly KindName[];
}

/** Where a sweep has come to, in a small file, so that one that was interrupted can be gone on with. */
export class SweepState {
  /** Names the sweep. */
  readonly id: string;
  readonly startedAt: string;
  /** Kind by kind. */
  readonly totals: readonly SweepTotals[];

  private constructor(
    private readonly file: string,
    private readonly scope: SweepScope,
    left: z.infer<typeof State> | undefined,
  ) {
    this.id = left?.id ?? randomUUID();
    this.startedAt = left?.startedAt ?? new Date().toISOString();
    this.totals =
      left?.kinds ?? scope.kinds.map((kind) => ({ kind, seen: 0, inQuestion: 0, outcomes: {}, isDone: false }));
    this.save();
  }

  /** @throws UsageError if there is nothing, or something else, to go on with */
  static begin(file: string, scope: SweepScope, resume: boolean): SweepState {
    return new SweepState(file, scope, resume ? readLeft(file, scope) : undefined);
  }

  /** Whether every kind came to its end. */
  get isComplete(): boolean {
    return this.totals.every(({ isDone }) => isDone);
  }

  save(): void {
    const { id, startedAt, totals } = this;
    const { mode, home } = this.scope;
    const { account, region } = home;
    replaceFile(this.file, { mode, account, region, id, startedAt, kinds: totals });
  }

  /** It came to its end. */
  forget(): void {
    rmSync(this.file, { force: true });
  }
}

function readLeft(file: string, { mode, home: { account, region }, kinds }: SweepScope): z.infer<typeof State> {
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
  const left = data.kinds.map(({ kind }) => kind);
  if (left.join() !== kinds.join())
    throw new UsageError(
      `the sweep that was interrupted was of ${left.join(', ')}, not of ${kinds.join(', ')}; resume it so, or begin anew`,
    );
  return data;
}
