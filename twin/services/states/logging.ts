import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { checkAccess } from '../../iam/enforce';
import type { Principal } from '../../iam/principal';
import { AwsError } from '../../service';
import type { Twin } from '../../twin';
import { writeLog } from '../logs';
import { StateError } from './asl/errors';
import { sessionOf } from './integrations/caller';
import { type Execution, STATES } from './state';

/** Which events a level writes. @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-log-level */
const LEVELS = {
  ALL: () => true,
  ERROR: (type: string) => /(Failed|TimedOut|Aborted)$/.test(type),
  FATAL: (type: string) => /^Execution(Failed|TimedOut|Aborted)$/.test(type),
  OFF: () => false,
} as const;

/** What holds data that a workflow carries. */
const DATA = ['input', 'inputDetails', 'output', 'outputDetails', 'parameters'];

/** Writes an event into the workflow's log group, if its level asks for it and its role may have logs delivered. */
export function log(twin: Twin, execution: Execution, event: HistoryEvent): void {
  const { machine, arn, redrives, started } = execution;
  const { level, destination, includeExecutionData } = machine.logging;
  const { id, type = 'ExecutionStarted', timestamp = started, previousEventId, ...rest } = event;
  if (destination === undefined || !LEVELS[level](type)) return;
  const [told = {}] = Object.values(rest) as Record<string, unknown>[];
  const details = Object.fromEntries(
    Object.entries(told).filter(([member]) => includeExecutionData || !DATA.includes(member)),
  );
  const message = JSON.stringify({
    id: String(id),
    type,
    details,
    previous_event_id: String(previousEventId),
    event_timestamp: String(timestamp.getTime()),
    execution_arn: arn,
    redrive_count: String(redrives),
  });
  if (!mayDeliver(twin, execution)) return;
  const [, , , region = '', account = '', , logGroup = ''] = destination.split(':');
  const minute = started.toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  const lines = [{ timestamp: timestamp.getTime(), message }];
  const logStream = `states/${machine.name}/${minute}/${machine.revisionId.slice(0, 8)}`;
  const writing = { account, region, logGroup, logStream, lines, principal: delivery(account) };
  const written = (inOrder.get(execution) ?? Promise.resolve()).then(() => writeLog(twin, writing));
  inOrder.set(execution, written);
  void twin.clock.track(written);
}

/** The last line of each execution: the one after it is written after it, even if the stream had to be made first. */
const inOrder = new WeakMap<Execution, Promise<void>>();

/** Log delivery writes into a group whose policy it has been let into when logging was set up. */
const delivery = (account: string): Principal => ({
  kind: 'root',
  arn: `arn:aws:iam::${account}:root`,
  account,
  userId: account,
  accessKeyId: '',
});

function mayDeliver(twin: Twin, { machine }: Execution): boolean {
  try {
    const session = sessionOf(twin, machine);
    twin.credentials.remove(session.accessKeyId);
    const call = twin.callOf(STATES, machine, session.principal);
    checkAccess(twin, STATES, [{ action: 'logs:CreateLogDelivery', resources: ['*'] }], call);
    return true;
  } catch (error) {
    if (error instanceof AwsError || error instanceof StateError) return false;
    throw error;
  }
}
