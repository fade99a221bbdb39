import type { Principal } from './iam/principal';

/** What shall go wrong, as `POST /_twin/faults` takes it. */
export interface Fault {
  /** `ec2:RevokeSecurityGroupIngress`; `*` as operation or as a whole stands for any. */
  readonly operation: string;
  /** Code that the call fails with, before it has any effect. */
  readonly error?: string;
  /** Ends the calling function's worker, before or after the effect. */
  readonly kill?: 'before' | 'after';
  /** Real milliseconds before the effect. */
  readonly delayMs?: number;
  /** How many matching calls are hit. @default 1 */
  readonly times?: number;
  /** How many matching calls pass first. @default 0 */
  readonly skip?: number;
  /** Only calls of this role or user, by its name. */
  readonly principal?: string;
}

const KEYS = ['operation', 'error', 'kill', 'delayMs', 'times', 'skip', 'principal'];

/** The faults that wait for their call. */
export class Faults {
  private waiting: { readonly fault: Fault; times: number; skip: number }[] = [];

  /** @throws Error for a fault that would do nothing. */
  add(fault: Fault): void {
    const unknown = Object.keys(fault).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) throw new Error(`${unknown}: unknown key; a fault has ${KEYS.join(', ')}`);
    for (const key of ['error', 'principal'] as const)
      if (fault[key] !== undefined && typeof fault[key] !== 'string')
        throw new Error(`${key}: ${JSON.stringify(fault[key])} given, expected a text`);
    if (!/^[\w-]+:(\w+|\*)$|^\*$/.test(fault.operation))
      throw new Error(`operation: ${JSON.stringify(fault.operation)} given, expected "service:Operation"`);
    if (fault.error === undefined && fault.kill === undefined && fault.delayMs === undefined)
      throw new Error('a fault needs "error", "kill" or "delayMs"');
    if (fault.kill !== undefined && fault.kill !== 'before' && fault.kill !== 'after')
      throw new Error(`kill: ${JSON.stringify(fault.kill)} given, expected "before" or "after"`);
    for (const key of ['times', 'skip', 'delayMs'] as const) {
      const value = fault[key];
      if (value !== undefined && (!Number.isInteger(value) || value < 0))
        throw new Error(`${key}: ${JSON.stringify(value)} given, expected a whole number`);
    }
    this.waiting.push({ fault, times: fault.times ?? 1, skip: fault.skip ?? 0 });
  }

  clear(): void {
    this.waiting = [];
  }

  list(): readonly { fault: Fault; times: number; skip: number }[] {
    return this.waiting;
  }

  /** The fault that hits a call, if any; the call counts against every fault that it matches. */
  hit(service: string, operation: string, principal: Principal): Fault | undefined {
    let hit: Fault | undefined;
    for (const entry of this.waiting) {
      if (!matches(entry.fault, service, operation, principal) || hit) continue;
      if (entry.skip > 0) entry.skip--;
      else if (entry.times > 0) {
        entry.times--;
        hit = entry.fault;
      }
    }
    this.waiting = this.waiting.filter(({ times }) => times > 0);
    return hit;
  }
}

function matches(fault: Fault, service: string, operation: string, principal: Principal): boolean {
  const name = (principal.roleArn ?? principal.arn).split('/').at(-1);
  if (fault.principal !== undefined && fault.principal !== name) return false;
  return fault.operation === '*' || fault.operation === `${service}:*` || fault.operation === `${service}:${operation}`;
}

/** The status with which AWS answers a code. */
export function statusOf(code: string): number {
  if (
    /^(RequestLimitExceeded|Unavailable|ServiceUnavailable|SlowDown|InternalError|InternalFailure|ServiceFailure)/.test(
      code,
    )
  )
    return 503;
  if (/^InternalServerError/.test(code)) return 500;
  if (/AccessDenied|Unauthorized|AuthorizationError/.test(code)) return 403;
  return 400;
}
