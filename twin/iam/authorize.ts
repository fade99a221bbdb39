import { anyMatch, isMet, type Match, matches, requestContext } from './conditions';
import type { PolicyDocument, PolicyKind, PolicyPrincipal, Selection, Statement } from './policy';

/** A call, as IAM sees it. The caller puts global condition keys such as `aws:PrincipalArn` into the context. */
export interface AuthorizationRequest {
  /** Such as `s3:GetObject`. */
  readonly action: string;
  /** An ARN, or `*` for an action without resource-level permissions. */
  readonly resource: string;
  readonly principal: {
    /** For a service, or an identity provider that asks for a role: its name. */
    readonly arn: string;
    readonly account: string;
    readonly kind: 'user' | 'session' | 'root' | 'service' | 'anonymous';
    /** For a session: the role, with its path. */
    readonly roleArn?: string;
    /** @default the arn */
    readonly service?: string;
  };
  /** Condition keys, compared without regard to case. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** How a policy names a principal: all there are, itself, the role of its session, or its account, whose own policies then decide. */
type Naming = 'everyone' | 'itself' | 'role' | 'account';

/**
 * A role's ARN names its sessions, an account's ID or root ARN all principals in it. `CanonicalUser` names nobody, as the twin has
 * no such IDs; `Federated` names the provider itself.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
function naming({ type, value }: PolicyPrincipal, { principal }: AuthorizationRequest): Naming | undefined {
  const { kind, arn, account, roleArn, service = arn } = principal;
  if (type === 'Service') return kind === 'service' && value === service ? 'itself' : undefined;
  if (type !== 'AWS') return type === 'Federated' && value === arn ? 'itself' : undefined;
  if (value === '*') return 'everyone';
  if (kind === 'service') return undefined;
  const named = /^(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?$/.exec(value)?.[1];
  if (named !== undefined) return named === account ? (kind === 'root' ? 'itself' : 'account') : undefined;
  return value === arn ? 'itself' : value === roleArn ? 'role' : undefined;
}

/**
 * `NotPrincipal` spares a principal only if it is listed together with its account and, for a session, with its role: where AWS
 * says that access "might" be denied, it is. A permissions boundary makes it deny always.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isSpared(namings: readonly (Naming | undefined)[], { principal }: AuthorizationRequest): boolean {
  const { kind, roleArn } = principal;
  const needed: Naming[] = ['itself'];
  if (kind === 'user' || kind === 'session') needed.push('account');
  if (roleArn !== undefined) needed.push('role');
  return namings.includes('everyone') || needed.every((name) => namings.includes(name));
}

/** How a statement names the principal that asks, if it does. An identity-based policy names the principal that it is attached to. */
function namedBy(
  statement: Statement,
  request: AuthorizationRequest,
  kind: PolicyKind,
  bounded: boolean,
): Naming | undefined {
  if (kind === 'identity') return 'itself';
  if (!statement.principals) return undefined;
  const namings = statement.principals.values.map((principal) => naming(principal, request));
  if (statement.principals.not) return !bounded && isSpared(namings, request) ? undefined : 'everyone';
  return (['everyone', 'itself', 'role', 'account'] as const).find((name) => namings.includes(name));
}

/** What a document says to a request: whether it denies it, and how its statements that allow it name the principal. */
interface Verdict {
  readonly denies: boolean;
  readonly allows: readonly Naming[];
}

function judge(document: PolicyDocument, request: AuthorizationRequest, kind: PolicyKind, bounded = false): Verdict {
  const context = requestContext(request.context);
  const variables = document.version === '2012-10-17' ? context : undefined;
  const selects = ({ not, values }: Selection<string>, test: (value: string) => Match): boolean =>
    anyMatch(values, test) === !not;
  const isAction = (pattern: string): Match =>
    matches(pattern.toLowerCase(), request.action.toLowerCase(), undefined, 'glob');
  const isResource = (pattern: string): Match => {
    // AWS completes an ARN with missing fields, in identity-based policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    const isIncomplete = kind === 'identity' && pattern !== '*' && pattern.split(':').length < 6;
    const patterns = isIncomplete ? [pattern, `${pattern}:*`] : [pattern];
    return anyMatch(patterns, (one) => matches(one, request.resource, variables, 'resource'));
  };
  const applying = document.statements.flatMap((statement) => {
    const { effect, actions, resources, conditions } = statement;
    const named = namedBy(statement, request, kind, bounded);
    const applies =
      named !== undefined &&
      selects(actions, isAction) &&
      // What a resource's policy does not say is the resource that it is attached to.
      (resources ? selects(resources, isResource) : kind !== 'identity') &&
      conditions.every((condition) => isMet(condition, context, variables));
    return applies ? [{ effect, named }] : [];
  });
  return {
    denies: applying.some(({ effect }) => effect === 'Deny'),
    allows: applying.flatMap(({ effect, named }) => (effect === 'Allow' ? [named] : [])),
  };
}

/**
 * Tells what one document says to a request. An `allow` for the account of the principal is one, too; what it is worth, `authorize`
 * knows. Policies of kind `trust` are read like those of other resources.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html
 */
export function evaluateStatements(
  document: PolicyDocument,
  request: AuthorizationRequest,
  { kind }: { readonly kind: PolicyKind },
): 'allow' | 'deny' | 'none' {
  const { denies, allows } = judge(document, request, kind);
  return denies ? 'deny' : allows.length > 0 ? 'allow' : 'none';
}

/** The policies that apply to a request. */
export interface Policies {
  /** Of the user and its groups, or of the session's role. */
  readonly identity: readonly PolicyDocument[];
  /** @default no boundary; an empty list is none, too */
  readonly boundary?: readonly PolicyDocument[];
  /** Passed when the session was made. @default no session policy; an empty list is none, too */
  readonly session?: readonly PolicyDocument[];
  /** What is attached to each level from the organization's root down to the principal's account. @default no organization */
  readonly serviceControl?: readonly (readonly PolicyDocument[])[];
  /** Attached to the resource; for `sts:AssumeRole`, the role's trust policy. */
  readonly resource?: PolicyDocument;
}

export interface Decision {
  readonly allowed: boolean;
  /** End of a sentence, as in AWS's message: `because no identity-based policy allows the ec2:RunInstances action`. */
  readonly reason: string;
}

/** All policies of one type together. */
interface Layer {
  /** As AWS names the type in a message. */
  readonly name: string;
  readonly denies: boolean;
  readonly allows: boolean;
}

/**
 * Decides on a request.
 *
 * 1. A deny in any policy wins.
 * 2. Every level of service control policies must allow what principals of the account do, except service-linked roles.
 * 3. The rest depends on who asks, and on how the resource's policy names whom it allows. What is listed must allow:
 *
 * | principal     | same account, where the resource's policy names | other account             |
 * | ------------- | ----------------------------------------------- | ------------------------- |
 * | user, session | it or everyone: nothing else                    | own policies and resource |
 * | session       | its role: boundary and session policy           | own policies and resource |
 * | user, session | its account or nobody: own policies             | own policies and resource |
 * | root          | nothing                                         | resource                  |
 * | service       | resource                                        | resource                  |
 * | anonymous     |                                                 | resource                  |
 *
 * "Own policies" are identity-based policies, permissions boundary and session policy, each of them. A role or key is a gate: its
 * policy must allow always, if only by naming the account.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html for keys
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html for who is exempt
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html for the reasons
 */
export function authorize(
  policies: Policies,
  request: AuthorizationRequest,
  { resourceAccount }: { readonly resourceAccount: string },
): Decision {
  const { principal, action, resource } = request;
  const isService = principal.kind === 'service';
  const hasOwn = principal.kind === 'user' || principal.kind === 'session';
  const isBounded = hasOwn && (policies.boundary ?? []).length > 0;

  const layer = (name: string, documents: readonly PolicyDocument[]): Layer => {
    const verdicts = documents.map((document) => judge(document, request, 'identity'));
    return {
      name,
      denies: verdicts.some(({ denies }) => denies),
      allows: verdicts.some(({ allows }) => allows.length > 0),
    };
  };
  const ceiling = (name: string, documents: readonly PolicyDocument[] = []): readonly Layer[] =>
    hasOwn && documents.length > 0 ? [layer(name, documents)] : [];

  const isExempt = isService || principal.roleArn?.includes(':role/aws-service-role/');
  const organization = (isExempt ? [] : (policies.serviceControl ?? [])).map((level) =>
    layer('a service control policy', level),
  );
  const identity = hasOwn ? [layer('an identity-based policy', policies.identity)] : [];
  const ceilings = [
    ...ceiling('a permissions boundary', policies.boundary),
    ...ceiling('a session policy', policies.session),
  ];
  const { denies, allows: namings } = policies.resource
    ? judge(policies.resource, request, 'resource', isBounded)
    : { denies: false, allows: [] };
  const isTrust = /^sts:.* arn:.*:role\//.test(`${action} ${resource}`);
  const isKey = /^kms:.* arn:.*:key\//.test(`${action} ${resource}`);
  const attached = {
    name: isTrust ? 'the role trust policy' : 'a resource-based policy',
    denies,
    allows: namings.length > 0,
  };

  const denying = [...organization, attached, ...identity, ...ceilings].find((one) => one.denies);
  if (denying) return { allowed: false, reason: `with an explicit deny in ${denying.name}` };

  const needed = (): readonly Layer[] => {
    if (isService || principal.account !== resourceAccount) return [...identity, ...ceilings, attached];
    if (namings.includes('itself') || namings.includes('everyone')) return [attached];
    if (namings.includes('role')) return [attached, ...ceilings];
    return [...identity, ...ceilings, ...(isTrust || isKey ? [attached] : [])];
  };
  const granting = needed();
  const missing = [...organization, ...granting].find((one) => !one.allows);
  if (missing) {
    const name = missing.name.replace(/^(an?|the) /, '');
    return { allowed: false, reason: `because no ${name} allows the ${action} action` };
  }
  if (!granting[0])
    return { allowed: true, reason: 'because the root user of an account may do what no policy denies' };
  return { allowed: true, reason: `because ${granting[0].name} allows the ${action} action` };
}
