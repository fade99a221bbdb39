import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { ConfigRuleWake, ConfigurationItem } from './config-events';
import { decide } from './decide';
import { InvalidEventError, RemediationFailedError } from './errors';
import { type Compliance, complianceOf } from './evaluations';
import { parseWake, type SweepProgress, type Wake } from './events';
import { type Decision, type HealContext, heal } from './heal';
import type { Ledger, Page } from './ledger';
import type { Outcome } from './outcomes';
import type { Action, Home, Remediation, Subject } from './remediation';
import { messageFor, phrases, report } from './report';
import type { Trigger } from './schema';
import { isViolating, type Judged, subjectOf, sweep } from './sweep';
import type { Telemetry } from './telemetry';

/** What a handler reaches AWS by, built once per container. */
export interface Services {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  /** Publishes to the alert topic. */
  tell(message: { readonly subject: string; readonly text: string }): Promise<void>;
  /** Invokes the function itself, asynchronously. */
  invoke(functionName: string, input: object): Promise<void>;
  /** Answers a Config rule. */
  evaluate(wake: ConfigRuleWake, answers: readonly Compliance[]): Promise<void>;
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
  /** How far a sweep came. */
  readonly sweep?: SweepProgress;
}

type LambdaContext = Pick<Context, 'awsRequestId' | 'invokedFunctionArn' | 'functionName' | 'getRemainingTimeInMillis'>;

/** Invocations of itself at a time. */
const CONCURRENCY = 10;
/** A sweep leaves what is left to a further invocation when it has less time than this. */
const PAGE_MS = 20_000;

/**
 * The Lambda handler of a remediation: understands the event, heals what it names, logs and counts each decision.
 *
 * @throws InvalidEventError for an event that is none; RemediationFailedError after a change that did not take;
 *   anything else before a change. Lambda tries each again and then sends it to the dead-letter queue.
 */
export const handlerFor =
  <State, A extends Action>(remediation: Remediation<State, A>, services: Services) =>
  (event: unknown, context: LambdaContext): Promise<Answer> =>
    new Invocation(remediation, services, context).answer(event);

/** One invocation of a remediation's function. */
class Invocation<State, A extends Action> {
  private readonly home: Home;

  constructor(
    private readonly remediation: Remediation<State, A>,
    private readonly services: Services,
    private readonly context: LambdaContext,
  ) {
    this.home = homeOf(context.invokedFunctionArn);
  }

  async answer(event: unknown): Promise<Answer> {
    const { remediation, context } = this;
    const { telemetry } = this.services;
    try {
      return await this.answerTo(parseWake(event, remediation.resource));
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
  }

  private async answerTo(wake: Wake): Promise<Answer> {
    if (wake.kind === 'sweep') return this.sweep(wake.progress);
    if (wake.kind === 'request') return this.heal(wake.id, wake.trigger, { dryRun: wake.dryRun });
    const { trigger } = wake;
    const foreign = this.whyForeign(wake);
    if (foreign) return this.ignored(foreign, trigger);
    if (wake.kind === 'config-rule') return this.evaluate(wake);
    if (wake.kind === 'compliance') return this.heal(wake.resourceId, trigger);
    const subjects = await this.remediation.subjects(wake);
    if ('lookedUp' in subjects) return this.invokeEach(subjects.lookedUp, trigger);
    const answers = [];
    for (const id of subjects.named) answers.push(await this.heal(id, trigger));
    return answers.at(-1) ?? this.ignored(`${wake.eventName} names no ${this.remediation.resource.noun}`, trigger);
  }

  private whyForeign(wake: Exclude<Wake, { kind: 'sweep' | 'request' }>): string | undefined {
    const { home, remediation } = this;
    if (wake.kind === 'cloudtrail' && wake.errorCode)
      return `${wake.eventName} failed with ${wake.errorCode}, so nothing changed`;
    if (wake.account !== home.account)
      return `belongs to account ${wake.account}, this installation to ${home.account}`;
    if (wake.region !== home.region) return `belongs to Region ${wake.region}, this installation to ${home.region}`;
    if (wake.kind !== 'compliance') return undefined;
    if (wake.resourceType !== remediation.resource.type) return `${wake.resourceType} is not ours`;
    if (wake.evaluationMode === 'PROACTIVE') return 'checks a template, not a resource';
    return wake.complianceType === 'NON_COMPLIANT' ? undefined : `${wake.complianceType} asks for nothing`;
  }

  /** @throws RemediationFailedError if a change did not take */
  private async heal(
    id: string,
    trigger: Trigger | undefined,
    more: Pick<HealContext, 'dryRun' | 'opened'> = {},
  ): Promise<Answer> {
    const { remediation, services, context, home } = this;
    const { resource, name } = remediation;
    if (!resource.idPattern.test(id))
      throw new InvalidEventError(`${JSON.stringify(id)} is no id of a ${resource.noun}`);
    const subject = subjectOf(remediation, id, home);
    const decisions = await heal(remediation, subject, {
      ...more,
      ledger: services.ledger,
      now: Date.now,
      invocation: context.awsRequestId,
      holder: `${context.awsRequestId}/${randomUUID()}`,
      trigger,
      announce: (line) => services.telemetry.info(line, { resourceId: id }),
      decided: (decision) =>
        report(services.telemetry, { name, noun: resource.noun }, subject, decision as Decision<Action>, trigger),
      tell: ({ subject: about, reason }) => services.tell(messageFor(subject, about, reason, trigger)),
    });
    const failed = decisions.find(
      ({ outcome, recovered }) => !recovered && (outcome === 'FAILED' || outcome === 'PARTIAL'),
    );
    if (failed) throw failure(subject, failed);
    const { outcome, reason, plan, receipt } = decisions.at(-1) as Decision<A>;
    return { outcome, reason, resourceId: id, actions: plan.actions, ...(receipt && { receipt }) };
  }

  /**
   * Answers a Config rule: about the item as it was recorded, while the live resource is healed. What is healed makes the next item,
   * which turns it COMPLIANT.
   */
  private async evaluate(wake: ConfigRuleWake): Promise<Answer> {
    const { about, trigger } = wake;
    const { resource } = this.remediation;
    if (about.kind === 'everything') return this.evaluateEverything(wake, about.at);
    const { item } = about;
    if (about.kind === 'not applicable' || item.resourceType !== resource.type) {
      await this.services.evaluate(wake, [
        complianceOfItem(item, 'NOT_APPLICABLE', 'deleted, or out of the scope of the rule'),
      ]);
      return this.ignored(`${item.resourceType} ${item.resourceId} is not, or no longer, in the scope`, trigger);
    }
    let answered: Promise<void> | undefined;
    const opened = (page: Page) => {
      answered = this.evaluateItem(wake, item, page);
      // Awaited below, whatever becomes of the heal in the meantime.
      answered.catch(() => undefined);
    };
    try {
      return await this.heal(item.resourceId, trigger, { opened, dryRun: wake.testMode });
    } finally {
      await answered;
    }
  }

  private async evaluateItem(wake: ConfigRuleWake, item: ConfigurationItem, page: Page): Promise<void> {
    const { remediation, home, services } = this;
    const subject = subjectOf(remediation, item.resourceId, home);
    const state = await remediation.recorded(item, subject);
    const verdict = decide(remediation, subject, state, page, { now: Date.now() });
    await services.evaluate(wake, [complianceOfItem(item, complianceOf(verdict), verdict.reason)]);
  }

  private async evaluateEverything(wake: ConfigRuleWake, at: string): Promise<Answer> {
    const resourceType = this.remediation.resource.type;
    return this.sweep({ seen: 0, violating: 0 }, (page) =>
      this.services.evaluate(
        wake,
        page.map(({ id, verdict }) => ({
          resourceType,
          resourceId: id,
          compliance: complianceOf(verdict),
          why: verdict.reason,
          at,
        })),
      ),
    );
  }

  /** Looks at everything, page by page, and invokes itself for each resource in question, and for the pages that are left. */
  private async sweep(
    progress: SweepProgress,
    alsoFound: (page: readonly Judged<A>[]) => Promise<void> = async () => undefined,
  ): Promise<Answer> {
    const { remediation, services, context, home } = this;
    const startedAt = progress.startedAt ?? new Date().toISOString();
    const trigger: Trigger = { kind: 'sweep', name: 'sweep', id: context.awsRequestId, at: startedAt };
    const isFirst = progress.from === undefined;
    if (isFirst)
      for await (const ids of services.ledger.pending(remediation.name))
        if (ids.length > 0) await this.invokeEach(ids, trigger);
    if (progress.only === 'pending') return { outcome: 'NO_ACTION', reason: 'what was pending is looked at again' };
    const result = await sweep(
      remediation,
      { ...progress, startedAt },
      {
        ledger: services.ledger,
        home,
        now: Date.now,
        holder: `${context.awsRequestId}/${randomUUID()}`,
        found: async (page) => {
          const inQuestion = page.filter(isViolating).map(({ id }) => id);
          const evaluations = page.length - inQuestion.length;
          if (evaluations > 0)
            services.telemetry.count({ remediation: remediation.name, outcome: 'NO_ACTION', evaluations });
          await Promise.all([alsoFound(page), inQuestion.length > 0 && this.invokeEach(inQuestion, trigger)]);
        },
        isLate: () => context.getRemainingTimeInMillis() < PAGE_MS,
      },
    );
    if (result.from !== undefined) await services.invoke(context.functionName, { sweep: result });
    const reason = `${result.seen} seen, ${result.violating} in question${result.from === undefined ? '' : ' so far'}`;
    services.telemetry.info(`Swept ${remediation.resource.noun}s`, { reason, ...result });
    return { outcome: 'NO_ACTION', reason, sweep: result };
  }

  /** @throws Error if one of the invocations failed; all are tried */
  private async invokeEach(ids: readonly string[], trigger: Trigger): Promise<Answer> {
    const { remediation, services, context } = this;
    const { idKey, noun } = remediation.resource;
    const failures: unknown[] = [];
    for (let at = 0; at < ids.length; at += CONCURRENCY) {
      const batch = ids
        .slice(at, at + CONCURRENCY)
        .map((id) => services.invoke(context.functionName, { [idKey]: id, trigger }));
      failures.push(
        ...(await Promise.allSettled(batch)).flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
      );
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} of ${ids.length} invocations failed`, { cause: failures[0] });
    if (ids.length === 0) return this.ignored(`no ${noun} is concerned`, trigger);
    services.telemetry.info(`Invoked once for each ${noun}`, { resourceIds: ids, trigger });
    return { outcome: 'NO_ACTION', reason: `${ids.length} concerned`, invoked: ids };
  }

  private ignored(reason: string, trigger: Trigger): Answer {
    const { telemetry } = this.services;
    telemetry.count({ remediation: this.remediation.name, outcome: 'IGNORED' });
    telemetry.info(`${phrases.IGNORED} event`, { outcome: 'IGNORED', reason, trigger });
    return { outcome: 'IGNORED', reason };
  }
}

const complianceOfItem = (
  { resourceType, resourceId, capturedAt }: ConfigurationItem,
  compliance: Compliance['compliance'],
  why: string,
): Compliance => ({ resourceType, resourceId, compliance, why, at: capturedAt });

/** `arn:aws:lambda:eu-west-1:111122223333:function:SecurityGroupSelfHeal` */
function homeOf(functionArn: string): Home {
  const [, partition = '', , region = '', account = ''] = functionArn.split(':');
  return { partition, region, account };
}

function failure<A extends Action>(subject: Subject, { reason, results, error }: Decision<A>): RemediationFailedError {
  const split = (done: boolean) => results.filter((result) => result.done === done).map(({ action }) => action);
  return new RemediationFailedError(`${subject.id}: ${reason}`, split(true), split(false), error && { cause: error });
}
