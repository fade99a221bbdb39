import { randomUUID } from 'node:crypto';
import type { ConfigRuleWake, ConfigurationItem } from './config-events';
import { decide } from './decide';
import { InvalidEventError } from './errors';
import { type Compliance, complianceOf } from './evaluations';
import type { CloudTrailWake, SweepProgress } from './events';
import { failureIn } from './failure';
import type { Answer, AnyRemediation, LambdaContext, Services } from './handler';
import { type Decision, type HealContext, heal } from './heal';
import type { Page } from './ledger';
import type { Home } from './remediation';
import { messageFor, phrases, report } from './report';
import type { Trigger } from './schema';
import { isViolating, type Judged, subjectOf, sweep } from './sweep';

/** Invocations of itself at a time. */
const CONCURRENCY = 10;
/** A sweep leaves what is left to a further invocation when it has less time than this. */
const PAGE_MS = 20_000;

/** One remediation in one invocation of its function. */
export class Invocation {
  readonly name: string;
  /** AWS's own spelling of the type of its resources. */
  readonly type: string;
  readonly calls: readonly string[];
  /** Whether it can judge what Config recorded. */
  readonly judgesItems: boolean;

  constructor(
    private readonly remediation: AnyRemediation,
    private readonly services: Services,
    private readonly context: LambdaContext,
    private readonly home: Home,
  ) {
    this.name = remediation.name;
    this.type = remediation.resource.type;
    this.calls = remediation.calls;
    this.judgesItems = remediation.recorded !== undefined && services.evaluate !== undefined;
  }

  /** Heals what an API call of this account and Region was about. */
  async called(wake: CloudTrailWake): Promise<Answer> {
    const { remediation, home } = this;
    const { trigger } = wake;
    const subjects = await remediation.subjects(wake, home);
    if (subjects === 'all') return this.sweepLater();
    if ('lookedUp' in subjects) return this.invokeEach(subjects.lookedUp, trigger);
    const answers = [];
    for (const id of subjects.named) answers.push(await this.heal(id, trigger));
    return (
      answers.at(-1) ?? this.ignored(`${wake.eventName} is about no ${remediation.resource.noun} of ours`, trigger)
    );
  }

  /** @throws RemediationFailedError if a change did not take */
  async heal(
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
      decided: (decision) => report(services.telemetry, { name, noun: resource.noun }, subject, decision, trigger),
      tell: ({ subject: about, reason }) => services.tell(messageFor(subject, about, reason, trigger)),
    });
    const failure = failureIn(subject, decisions);
    if (failure) throw failure;
    const { outcome, reason, plan, receipt } = decisions.at(-1) as Decision;
    return { outcome, reason, resourceId: id, actions: plan.actions, ...(receipt && { receipt }) };
  }

  /**
   * Answers a Config rule: about the item as it was recorded, while the live resource is healed. What is healed makes the next item,
   * which turns it COMPLIANT.
   */
  async evaluate(wake: ConfigRuleWake): Promise<Answer> {
    const { about, trigger } = wake;
    const { resource } = this.remediation;
    if (about.kind === 'everything') return this.evaluateEverything(wake, about.at);
    const { item } = about;
    if (about.kind === 'not applicable' || item.resourceType !== resource.type) {
      await this.services.evaluate?.(wake, [
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
    const state = await remediation.recorded?.(item, subject);
    const verdict = decide(remediation, subject, state, page, { now: Date.now() });
    await services.evaluate?.(wake, [complianceOfItem(item, complianceOf(verdict), verdict.reason)]);
  }

  private async evaluateEverything(wake: ConfigRuleWake, at: string): Promise<Answer> {
    const resourceType = this.remediation.resource.type;
    return this.sweep({ seen: 0, violating: 0 }, async (page) =>
      this.services.evaluate?.(
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
  async sweep(
    progress: SweepProgress,
    alsoFound: (page: readonly Judged[]) => Promise<void> = async () => undefined,
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
    if (result.from !== undefined) await services.invoke(context.functionName, { sweep: { of: this.name, ...result } });
    else services.telemetry.swept({ remediation: this.name, seen: result.seen, violating: result.violating });
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

  private async sweepLater(): Promise<Answer> {
    await this.services.invoke(this.context.functionName, { sweep: { of: this.name } });
    return { outcome: 'NO_ACTION', reason: `every ${this.remediation.resource.noun} is looked at` };
  }

  /** Logs and counts an event that asks for nothing. */
  ignored(reason: string, trigger: Trigger): Answer {
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
