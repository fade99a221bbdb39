import { randomBytes, randomUUID } from 'node:crypto';
import { Clock } from './clock';
import { Faults } from './faults';
import { CredentialStore } from './iam/credentials';
import { authorizeCall } from './iam/enforce';
import type { Principal } from './iam/principal';
import { Journal, Outbox, Unsupported } from './journal';
import { Workers } from './lambda/workers';
import { AwsError, type Call, type RecordedType, type Scope, type Service } from './service';
import { services } from './services';
import { watchForConfig } from './services/config/recording';
import type { RestRequest } from './wire/rest';

/** The account in which stacks are loaded and the operator works. */
export const HOME_ACCOUNT = '111122223333';

/** A call to be made, from the wire or by one simulated service on another. */
export interface Request extends Scope {
  readonly service: Service;
  readonly operation: string;
  readonly input: object;
  readonly principal: Principal;
  readonly requestId?: string;
}

/** What the twin keeps of a service: enough to find its state. */
type Stateful<State> = Pick<Service<object, State>, 'prefix' | 'global' | 'initial'>;

/** The simulated AWS: state by service, account and Region, and what all services share. */
export class Twin {
  readonly clock = new Clock();
  readonly journal = new Journal();
  readonly outbox = new Outbox();
  readonly faults = new Faults();
  readonly unsupported = new Unsupported();
  readonly credentials = new CredentialStore();
  readonly workers = new Workers(this.clock);
  private readonly states = new Map<string, unknown>();

  /** The service that a credential scope or a fault names. */
  service(name: string): Service | undefined {
    return services.find(({ prefix, signingNames = [prefix] }) => prefix === name || signingNames.includes(name));
  }

  /** The service that a signed request is for: of those that sign with the same name, the one that claims it. */
  serviceFor(signingName: string, request: RestRequest): Service | undefined {
    const claiming = services.find(
      ({ prefix, signingNames = [prefix], claims }) => signingNames.includes(signingName) && claims?.(request),
    );
    return claiming ?? this.service(signingName);
  }

  /** The service that an unsigned request is for, and where it goes. */
  serviceForAnybody(request: RestRequest): { readonly service: Service; readonly scope: Scope } | undefined {
    for (const service of services) {
      const scope = service.anonymous?.(request, this);
      if (scope) return { service, scope };
    }
    return undefined;
  }

  /** A service's state in an account and Region, made when it is first needed. */
  state<State>(service: Stateful<State>, { account, region }: Scope): State {
    const key = `${service.prefix}/${account}/${service.global ? 'global' : region}`;
    if (!this.states.has(key)) this.states.set(key, service.initial({ account, region }, this));
    return this.states.get(key) as State;
  }

  /** Every state that a service has so far, with where it is. */
  *statesOf<State>(service: Stateful<State>): Iterable<Scope & { state: State }> {
    for (const [key, state] of this.states) {
      const [prefix, account = '', region = ''] = key.split('/');
      if (prefix === service.prefix) yield { account, region, state: state as State };
    }
  }

  /**
   * Makes a call: IAM is asked, then the service acts.
   *
   * @throws AwsError as AWS would answer it.
   */
  async perform({
    service,
    operation,
    input,
    principal,
    account,
    region,
    requestId = randomUUID(),
  }: Request): Promise<Record<string, unknown>> {
    const handler = (service.operations as Record<string, unknown>)[operation] as
      | ((input: object, call: Call<unknown>) => unknown)
      | undefined;
    if (!handler) {
      this.unsupported.operation(`${service.prefix}:${operation}`);
      throw new AwsError(
        'NotImplemented',
        `${service.prefix}:${operation} is not simulated by the twin; see /_twin/unsupported and docs/twin.md`,
        { status: 501 },
      );
    }
    const call = this.callOf(service, { account, region }, principal, requestId);
    await authorizeCall(this, service, operation, input, call);
    const recording = watchForConfig(this, service, operation, input, call);
    const output = ((await handler(input, call)) ?? {}) as Record<string, unknown>;
    recording?.(output);
    return output;
  }

  /** What a handler sees of a call. */
  callOf<State>(
    service: Stateful<State>,
    { account, region }: Scope,
    principal: Principal,
    requestId: string = randomUUID(),
  ): Call<State> {
    return {
      twin: this,
      account,
      region,
      state: this.state(service, { account, region }),
      principal,
      requestId,
      arn: (resource) => `arn:aws:${service.prefix}:${service.global ? '' : region}:${account}:${resource}`,
    };
  }

  /** Every type of resources that AWS Config records, with the service that has them. */
  *recordedTypes(): Iterable<{ service: Service; recorded: RecordedType<unknown> }> {
    for (const service of services) for (const recorded of service.recorded ?? []) yield { service, recorded };
  }

  /** Lower-case hexadecimal digits, as AWS puts them into ids. */
  hex(digits: number): string {
    return randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits);
  }

  async stop(): Promise<void> {
    this.clock.stop();
    await this.workers.stop();
  }
}
