import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { InvalidEventError, RemediationFailedError } from './errors';
import { type CloudTrailWake, parseWake, type Trigger } from './events';
import { type Decision, heal } from './heal';
import type { Ledger } from './ledger';
import type { Outcome } from './outcomes';
import type { Action, Home, Remediation, Subject } from './remediation';
import type { Telemetry } from './telemetry';

/** What a handler reaches AWS by, built once per container. */
export interface Services {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  /** Publishes to the alert topic. */
  tell(message: { readonly subject: string; readonly text: string }): Promise<void>;
  /** Invokes the function itself, asynchronously. */
  invoke(functionName: string, input: object): Promise<void>;
}

/** What a function answers. */
export interface Answer {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly resourceId?: string;
  readonly actions?: readonly Action[];
  readonly receipt?: string;
  /** Ids for which the function was invoked anew. */
  readonly invoked?: readonly string[];
}

/**
 * The Lambda handler of a remediation: understands the event, heals what it names, logs and counts each decision.
 *
 * @throws InvalidEventError for an event that is none; RemediationFailedError after a change that did not take;
 *   anything else before a change. Lambda tries each again and then sends it to the dead-letter queue.
 */
export const handlerFor =
  <State, A extends Action>(remediation: Remediation<State, A>, services: Services) =>
  async (
    event: unknown,
    context: Pick<Context, 'awsRequestId' | 'invokedFunctionArn' | 'functionName'>,
  ): Promise<Answer> => {
    const { telemetry } = services;
    const home = homeOf(context.invokedFunctionArn);
    try {
      const wake = parseWake(event, remediation.resource);
      if (wake.kind === 'request') return await healOne(wake.id, wake.trigger, wake.dryRun);
      const foreign = whyForeign(wake, home);
      if (foreign) return ignored(foreign, wake.trigger);
      const subjects = await remediation.subjects(wake);
      if ('lookedUp' in subjects) return await invokeEach(subjects.lookedUp, wake.trigger);
      const answers = [];
      for (const id of subjects.named) answers.push(await healOne(id, wake.trigger));
      return answers.at(-1) ?? ignored(`${wake.eventName} names no ${remediation.resource.noun}`, wake.trigger);
    } catch (error) {
      if (!(error instanceof RemediationFailedError)) {
        telemetry.count({ remediation: remediation.name, outcome: 'FAILED' });
        telemetry.error(`Failed before any decision about a ${remediation.resource.noun}`, {
          error,
          requestId: context.awsRequestId,
        });
      }
      throw error;
    }

    async function healOne(id: string, trigger: Trigger | undefined, dryRun?: boolean): Promise<Answer> {
      if (!remediation.resource.idPattern.test(id))
        throw new InvalidEventError(`${JSON.stringify(id)} is no id of a ${remediation.resource.noun}`);
      const subject: Subject = {
        ...home,
        type: remediation.resource.type,
        id,
        arn: remediation.resource.arn(id, home),
      };
      const decisions = await heal(remediation, subject, {
        ledger: services.ledger,
        now: Date.now,
        invocation: context.awsRequestId,
        holder: `${context.awsRequestId}/${randomUUID()}`,
        trigger,
        dryRun,
        announce: (line) => telemetry.info(line, { resourceId: id }),
        decided: (decision) => report(subject, decision as Decision<A>, trigger),
        tell: ({ subject: about, reason }) => services.tell(messageFor(subject, about, reason, trigger)),
      });
      const failed = decisions.find(
        ({ outcome, recovered }) => !recovered && (outcome === 'FAILED' || outcome === 'PARTIAL'),
      );
      if (failed) throw failure(subject, failed);
      const { outcome, reason, plan, receipt } = decisions.at(-1) as Decision<A>;
      return { outcome, reason, resourceId: id, actions: plan.actions, ...(receipt && { receipt }) };
    }

    function report(
      subject: Subject,
      { outcome, reason, plan, mode, results, expired, receipt, recovered, error }: Decision<A>,
      trigger: Trigger | undefined,
    ): void {
      const responseTimeMs =
        outcome === 'REMEDIATED' && trigger ? Math.max(0, Date.now() - Date.parse(trigger.at)) : undefined;
      telemetry.count({
        remediation: remediation.name,
        outcome,
        ...(responseTimeMs !== undefined && { responseTimeMs }),
      });
      const data = {
        outcome,
        reason,
        resourceId: subject.id,
        resourceArn: subject.arn,
        mode,
        actions: plan.actions,
        exempt: plan.exempt,
        ...(results.length > 0 && { results }),
        ...(expired.length > 0 && { expiredExceptions: expired }),
        ...(receipt && { receipt }),
        ...(recovered && { recovered }),
        ...(trigger && { trigger }),
        ...(responseTimeMs !== undefined && { responseTimeMs }),
      };
      const line = `${phrases[outcome]} ${remediation.resource.noun} ${subject.id}`;
      if (error) telemetry.error(line, { ...data, error });
      else telemetry.info(line, data);
    }

    async function invokeEach(ids: readonly string[], trigger: Trigger): Promise<Answer> {
      const failures: unknown[] = [];
      for (let at = 0; at < ids.length; at += 10) {
        const batch = ids
          .slice(at, at + 10)
          .map((id) => services.invoke(context.functionName, { [remediation.resource.idKey]: id, trigger }));
        failures.push(
          ...(await Promise.allSettled(batch)).flatMap((result) =>
            result.status === 'rejected' ? [result.reason] : [],
          ),
        );
      }
      if (failures.length > 0)
        throw new Error(`${failures.length} of ${ids.length} invocations failed`, { cause: failures[0] });
      if (ids.length === 0) return ignored(`no ${remediation.resource.noun} is concerned`, trigger);
      telemetry.info(`Invoked once for each ${remediation.resource.noun}`, { resourceIds: ids, trigger });
      return { outcome: 'NO_ACTION', reason: `${ids.length} concerned`, invoked: ids };
    }

    function ignored(reason: string, trigger: Trigger): Answer {
      telemetry.count({ remediation: remediation.name, outcome: 'IGNORED' });
      telemetry.info(`${phrases.IGNORED} event`, { outcome: 'IGNORED', reason, trigger });
      return { outcome: 'IGNORED', reason };
    }
  };

/** How a log line about an outcome begins. Runbooks search for `Remediated`. */
const phrases: Record<Outcome, string> = {
  REMEDIATED: 'Remediated',
  PARTIAL: 'Partly remediated',
  NO_ACTION: 'Nothing to do for',
  DRY_RUN: 'Would remediate',
  EXEMPT: 'Exempt is',
  HELD: 'Held',
  JOINED: 'Joined the heal of',
  GONE: 'Gone is',
  IGNORED: 'Ignored',
  FAILED: 'Failed to remediate',
  UNDONE: 'Undone for',
};

function whyForeign({ errorCode, account, region, eventName }: CloudTrailWake, home: Home): string | undefined {
  if (errorCode) return `${eventName} failed with ${errorCode}, so nothing changed`;
  if (account !== home.account) return `belongs to account ${account}, this installation to ${home.account}`;
  if (region !== home.region) return `belongs to Region ${region}, this installation to ${home.region}`;
  return undefined;
}

/** `arn:aws:lambda:eu-west-1:111122223333:function:SecurityGroupSelfHeal` */
function homeOf(functionArn: string): Home {
  const [, partition = '', , region = '', account = ''] = functionArn.split(':');
  return { partition, region, account };
}

function failure<A extends Action>(subject: Subject, { reason, results, error }: Decision<A>): RemediationFailedError {
  const split = (done: boolean) => results.filter((result) => result.done === done).map(({ action }) => action);
  return new RemediationFailedError(`${subject.id}: ${reason}`, split(true), split(false), error && { cause: error });
}

/** E-mail subjects hold at most 100 ASCII characters. @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function messageFor(subject: Subject, about: string, reason: string, trigger: Trigger | undefined) {
  const lines = [
    `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    '',
    `Why:       ${reason}`,
    `Resource:  ${subject.arn}`,
    `Account:   ${subject.account}, Region ${subject.region}`,
    ...(trigger ? [`Because:   ${trigger.name} at ${trigger.at}${trigger.actor ? ` by ${trigger.actor}` : ''}`] : []),
  ];
  return {
    subject: `Suture: ${about}`.replace(/[^ -~]/g, '?').slice(0, 100),
    text: lines.map((line) => line.replace(/\p{Cc}/gu, '?')).join('\n'),
  };
}
