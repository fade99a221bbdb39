import type { Exception, Policy } from './policy';

/** The policy as it counts on a day (UTC, `2026-11-21`): without the exceptions that are over. The last day counts. */
export const policyOn = (policy: Policy, day: string): Policy => ({
  ...policy,
  exceptions: policy.exceptions.filter(({ expires }) => expires >= day),
});

/**
 * The exception that covers a target, if any. Planners ask; core has removed those that are over.
 *
 * | exception        | target's tag names it | target's ARN matches | covered |
 * | ---------------- | --------------------- | -------------------- | ------- |
 * | with resource    | any                   | yes                  | yes     |
 * | with resource    | any                   | no                   | no      |
 * | without resource | yes, `exemptTag` on   | -                    | yes     |
 * | without resource | no, or off            | -                    | no      |
 */
export function exemptionFor(
  policy: Policy,
  target: { readonly arn: string; readonly tags: Readonly<Record<string, string>> },
): Exception | undefined {
  const named = policy.exemptTag.enabled ? target.tags[policy.exemptTag.key] : undefined;
  return policy.exceptions.find(({ id, resource }) =>
    resource === undefined ? id === named : matches(resource, target.arn),
  );
}

/** `*` stands for any text, everything else for itself. */
function matches(pattern: string, text: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(text);
}
