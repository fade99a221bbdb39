import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf } from './faults';
import { AwsError } from './service';
import { listeningTrails, logCall } from './services/cloudtrail/records';
import type { Request, Twin } from './twin';

/** How a call ended. `killed`: its caller was ended in the middle of it and learns nothing. */
export type Answer =
  | { readonly kind: 'output'; readonly output: Record<string, unknown> }
  | { readonly kind: 'error'; readonly error: AwsError }
  | { readonly kind: 'killed' };

/**
 * The one door for API calls, from the wire or made by a service under somebody's role: faults hit here, and each call leaves
 * its line in the journal and its CloudTrail record.
 */
export async function enter(twin: Twin, request: Request & { readonly requestId: string }): Promise<Answer> {
  const { service, operation, input, principal, requestId, account, region } = request;
  const fault = twin.faults.hit(service.prefix, operation, principal);
  const kill = async (): Promise<Answer> => {
    await twin.workers.kill(principal.accessKeyId);
    return { kind: 'killed' };
  };

  // Whoever settles waits for it, also if the caller is no more.
  if (fault?.delayMs) await twin.clock.track(sleep(fault.delayMs));
  if (fault?.kill === 'before') return kill();
  const listening = listeningTrails(twin);
  let output: Record<string, unknown> | undefined;
  let error: AwsError | undefined;
  try {
    if (fault?.error)
      throw new AwsError(fault.error, `${fault.error} was asked for by a fault`, { status: statusOf(fault.error) });
    output = await twin.perform(request);
  } catch (thrown) {
    error = thrown instanceof AwsError ? thrown : internalFailure(thrown);
  }
  twin.journal.record({
    time: twin.clock.now().toISOString(),
    principal: principal.arn,
    service: service.prefix,
    operation,
    accountId: account,
    region,
    parameters: input,
    error: error?.code ?? null,
    requestId,
  });
  logCall(twin, { service, operation, input, output, error, principal, requestId, account, region, listening });
  if (fault?.kill === 'after') return kill();
  return error ? { kind: 'error', error } : { kind: 'output', output: output ?? {} };
}

function internalFailure(thrown: unknown): AwsError {
  console.error(thrown);
  return new AwsError(
    'InternalFailure',
    `the twin itself failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    { status: 500 },
  );
}
