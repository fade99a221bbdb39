import type { Context } from 'aws-lambda';
import type { ComplianceWake, ConfigRuleWake } from './config-events';
import { asError, InvalidEventError, RemediationFailedError, shortened } from './errors';
import type { Compliance } from './evaluations';
import { parseWake, type SweepProgress, type Wake } from './events';
import { homeOf } from './home';
import { Invocation } from './invocation';
import type { Ledger } from './ledger';
import type { Outcome } from './outcomes';
import type { Action, Home, WatchingRemediation } from './remediation';
import type { Telemetry } from './telemetry';

/** What a handler reaches AWS by, built once per container. */
export interface Services {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  /** Publishes to the alert topic. */
  tell(message: { readonly subject: string; readonly text: string }): Promise<void>;
  /** Invokes the function itself, asynchronously. */
  invoke(functionName: string, input: object): Promise<void>;
  /** Answers a Config rule. Only where one asks the function. */
  evaluate?(wake: ConfigRuleWake, answers: readonly Compliance[]): Promise<void>;
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

export type LambdaContext = Pick<
  Context,
  'awsRequestId' | 'invokedFunctionArn' | 'functionName' | 'getRemainingTimeInMillis'
>;

/** Remediations of several kinds, side by side: nobody looks into their states and actions. */
// biome-ignore lint/suspicious/noExplicitAny: a list cannot say that each has its own types
export type AnyRemediation = WatchingRemediation<any, any>;

/**
 * The Lambda handler of remediations: understands the event, has the one that it concerns heal what it names, logs and counts each
 * decision.
 *
 * @throws InvalidEventError for an event that is none; RemediationFailedError after a change that did not take;
 *   anything else before a change. Lambda tries each again and then sends it to the dead-letter queue.
 */
export const handlerFor =
  (remediations: readonly [AnyRemediation, ...AnyRemediation[]], services: Services) =>
  (event: unknown, context: LambdaContext): Promise<Answer> =>
    new Handling(remediations, services, context).answer(event);

/** One event. */
class Handling {
  private readonly home: Home;
  private readonly invocations: readonly Invocation[];
  /** Speaks for the function where nothing is known of whom an event concerns. */
  private readonly first: Invocation;

  constructor(
    private readonly remediations: readonly [AnyRemediation, ...AnyRemediation[]],
    private readonly services: Services,
    private readonly context: LambdaContext,
  ) {
    this.home = homeOf(context.invokedFunctionArn);
    const [first, ...others] = remediations;
    this.first = new Invocation(first, services, context, this.home);
    this.invocations = [this.first, ...others.map((one) => new Invocation(one, services, context, this.home))];
  }

  async answer(event: unknown): Promise<Answer> {
    const { context, remediations } = this;
    const { telemetry } = this.services;
    try {
      const resources = remediations.map(({ resource }) => resource);
      return await this.answerTo(parseWake(event, resources));
    } catch (error) {
      if (!(error instanceof RemediationFailedError)) {
        const [{ name, resource }] = remediations;
        telemetry.count({ remediation: name, outcome: 'FAILED' });
        telemetry.error(`Failed before any decision about a ${resource.noun}`, {
          error,
          requestId: context.awsRequestId,
        });
      }
      throw shortened(error);
    }
  }

  private async answerTo(wake: Wake): Promise<Answer> {
    switch (wake.kind) {
      case 'sweep':
        return this.each(
          this.invocations.filter(({ name }) => wake.progress.of === undefined || wake.progress.of === name),
          (invocation) => invocation.sweep(wake.progress),
        );
      case 'request':
        return this.of(wake.resourceType).heal(wake.id, wake.trigger, { dryRun: wake.dryRun });
      case 'compliance': {
        const reason = this.whyForeign(wake) ?? whyUnconcerned(wake, this.remediations);
        return reason === undefined
          ? this.of(wake.resourceType).heal(wake.resourceId, wake.trigger)
          : this.first.ignored(reason, wake.trigger);
      }
      case 'config-rule': {
        const reason = this.whyForeign(wake);
        return reason === undefined ? this.asked().evaluate(wake) : this.first.ignored(reason, wake.trigger);
      }
      case 'cloudtrail': {
        const { eventName, errorCode, trigger } = wake;
        const concerned = this.invocations.filter(({ calls }) => calls.includes(eventName));
        if (concerned.length === 0)
          throw new InvalidEventError(
            `${eventName} is not a call that concerns this function; expected one of ${[...new Set(this.remediations.flatMap(({ calls }) => calls))].join(', ')}`,
          );
        const failed = errorCode && `${eventName} failed with ${errorCode}, so nothing changed`;
        const reason = failed || this.whyForeign(wake);
        if (reason) return this.first.ignored(reason, trigger);
        // The wider come later in the list. What they close, the others need not.
        return this.each([...concerned].reverse(), (invocation) => invocation.called(wake));
      }
    }
  }

  /** One after the other. One that fails does not keep the next from its turn. @throws what the first threw that failed */
  private async each(
    invocations: readonly Invocation[],
    run: (invocation: Invocation) => Promise<Answer>,
  ): Promise<Answer> {
    const answers: Answer[] = [];
    const errors: Error[] = [];
    for (const invocation of invocations) {
      try {
        answers.push(await run(invocation));
      } catch (error) {
        errors.push(asError(error));
      }
    }
    const [error] = errors;
    if (error) throw error;
    const [answer] = answers;
    if (!answer)
      throw new InvalidEventError(`this function sweeps ${this.invocations.map(({ name }) => name).join(', ')}`);
    return answer;
  }

  private of(resourceType: string): Invocation {
    const found = this.invocations.find(({ type }) => type === resourceType);
    if (!found) throw new InvalidEventError(`${resourceType} is not what this function looks after`);
    return found;
  }

  /** The one on whose resources a Config rule asks for a judgement. */
  private asked(): Invocation {
    const found = this.invocations.find(({ judgesItems }) => judgesItems);
    if (!found) throw new InvalidEventError('no Config rule asks this function');
    return found;
  }

  private whyForeign({ account, region }: { readonly account: string; readonly region: string }): string | undefined {
    const { home } = this;
    if (account !== home.account) return `belongs to account ${account}, this installation to ${home.account}`;
    return region === home.region ? undefined : `belongs to Region ${region}, this installation to ${home.region}`;
  }
}

function whyUnconcerned(
  { resourceType, evaluationMode, complianceType }: ComplianceWake,
  remediations: readonly AnyRemediation[],
): string | undefined {
  if (!remediations.some(({ resource }) => resource.type === resourceType)) return `${resourceType} is not ours`;
  if (evaluationMode === 'PROACTIVE') return 'checks a template, not a resource';
  return complianceType === 'NON_COMPLIANT' ? undefined : `${complianceType} asks for nothing`;
}
