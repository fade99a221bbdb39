import { authorize } from '../iam/authorize';
import { AWS_MANAGED } from '../iam/aws-managed-policies';
import { type Credentials, iamId } from '../iam/credentials';
import { type PolicyDocument, parsePolicy } from '../iam/policy';
import type { Principal } from '../iam/principal';
import { AwsError, type Call, type Service } from '../service';
import type { Twin } from '../twin';

type Sdk = typeof import('@aws-sdk/client-iam');

export interface Role {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly path: string;
  readonly description: string;
  readonly created: Date;
  readonly trust: string;
  /** Policy texts, by name. */
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
  readonly tags: Readonly<Record<string, string>>;
  readonly boundaryArn?: string;
  readonly maximumSessionSeconds: number;
}

interface User {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly created: Date;
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
  readonly accessKeyIds: string[];
}

interface ManagedPolicy {
  readonly name: string;
  readonly arn: string;
  readonly document: string;
  readonly created: Date;
}

interface IamState {
  readonly roles: Map<string, Role>;
  readonly users: Map<string, User>;
  readonly policies: Map<string, ManagedPolicy>;
}

const noSuch = (what: string, name: string | undefined) =>
  new AwsError('NoSuchEntity', `The ${what} with name ${name} cannot be found.`, { status: 404 });

function role(call: Call<IamState>, name: string | undefined): Role {
  const found = call.state.roles.get(name ?? '');
  if (!found) throw noSuch('role', name);
  return found;
}

function user(call: Call<IamState>, name: string | undefined): User {
  const found = call.state.users.get(name ?? call.principal.arn.split('/').at(-1) ?? '');
  if (!found) throw noSuch('user', name);
  return found;
}

/** IAM answers policies URL-encoded. */
const encoded = (document: string): string => encodeURIComponent(document);

const describeRole = ({ name, id, arn, path, description, created, trust, tags, maximumSessionSeconds }: Role) => ({
  RoleName: name,
  RoleId: id,
  Arn: arn,
  Path: path,
  Description: description,
  CreateDate: created,
  AssumeRolePolicyDocument: encoded(trust),
  MaxSessionDuration: maximumSessionSeconds,
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

const describeUser = ({ name, id, arn, created }: User) => ({
  UserName: name,
  UserId: id,
  Arn: arn,
  Path: '/',
  CreateDate: created,
});
const attachedPolicies = (arns: Set<string>) => ({
  AttachedPolicies: [...arns].map((arn) => ({ PolicyArn: arn, PolicyName: arn.split('/').at(-1) })),
  IsTruncated: false,
});

/** Reads; what makes users, roles and policies through the API comes with the incidents. */
export const iam: Service<Sdk, IamState> = {
  prefix: 'iam',
  global: true,
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-iam') as Sdk,
  client: 'IAMClient',
  initial: () => ({ roles: new Map(), users: new Map(), policies: new Map() }),
  resources: (_operation, input: { RoleName?: string; UserName?: string; PolicyArn?: string }, call) => {
    if (input.PolicyArn) return [input.PolicyArn];
    if (input.RoleName) return [call.state.roles.get(input.RoleName)?.arn ?? call.arn(`role/${input.RoleName}`)];
    if (input.UserName) return [call.arn(`user/${input.UserName}`)];
    return ['*'];
  },
  operations: {
    GetRole: ({ RoleName }, call) => ({ Role: describeRole(role(call, RoleName)) }),
    ListRoles: ({ PathPrefix = '/' }, { state }) => ({
      Roles: [...state.roles.values()].filter(({ path }) => path.startsWith(PathPrefix)).map(describeRole),
      IsTruncated: false,
    }),
    ListRolePolicies: ({ RoleName }, call) => ({
      PolicyNames: [...role(call, RoleName).inline.keys()],
      IsTruncated: false,
    }),
    GetRolePolicy({ RoleName, PolicyName }, call) {
      const document = role(call, RoleName).inline.get(PolicyName ?? '');
      if (document === undefined)
        throw new AwsError('NoSuchEntity', `The role policy with name ${PolicyName} cannot be found.`, { status: 404 });
      return { RoleName, PolicyName, PolicyDocument: encoded(document) };
    },
    ListAttachedRolePolicies: ({ RoleName }, call) => attachedPolicies(role(call, RoleName).attached),
    ListRoleTags: ({ RoleName }, call) => ({ Tags: describeRole(role(call, RoleName)).Tags, IsTruncated: false }),
    GetUser: ({ UserName }, call) => ({ User: describeUser(user(call, UserName)) }),
    ListUsers: (_input, { state }) => ({ Users: [...state.users.values()].map(describeUser), IsTruncated: false }),
    ListUserPolicies: ({ UserName }, call) => ({
      PolicyNames: [...user(call, UserName).inline.keys()],
      IsTruncated: false,
    }),
    ListAttachedUserPolicies: ({ UserName }, call) => attachedPolicies(user(call, UserName).attached),
    ListAccessKeys({ UserName }, call) {
      const { name, accessKeyIds, created } = user(call, UserName);
      return {
        AccessKeyMetadata: accessKeyIds.map((id) => ({
          UserName: name,
          AccessKeyId: id,
          Status: 'Active' as const,
          CreateDate: created,
        })),
        IsTruncated: false,
      };
    },
    GetPolicy({ PolicyArn }, { state }) {
      const found = state.policies.get(PolicyArn ?? '');
      if (!found) throw new AwsError('NoSuchEntity', `Policy ${PolicyArn} was not found.`, { status: 404 });
      return {
        Policy: {
          PolicyName: found.name,
          Arn: found.arn,
          Path: '/',
          DefaultVersionId: 'v1',
          CreateDate: found.created,
          IsAttachable: true,
        },
      };
    },
    GetPolicyVersion({ PolicyArn, VersionId }, { state }) {
      const found = state.policies.get(PolicyArn ?? '');
      if (!found || VersionId !== 'v1')
        throw new AwsError('NoSuchEntity', `Policy ${PolicyArn} version ${VersionId} does not exist.`, { status: 404 });
      return {
        PolicyVersion: {
          Document: encoded(found.document),
          VersionId: 'v1',
          IsDefaultVersion: true,
          CreateDate: found.created,
        },
      };
    },
    ListPolicies: (_input, { state }) => ({
      Policies: [...state.policies.values()].map(({ name, arn }) => ({
        PolicyName: name,
        Arn: arn,
        Path: '/',
        DefaultVersionId: 'v1',
      })),
      IsTruncated: false,
    }),
    ListAccountAliases: () => ({ AccountAliases: [], IsTruncated: false }),
  },
  terraform: {
    aws_iam_role: (args, making) => {
      const { twin, account } = making;
      const name = String(args.name);
      const path = String(args.path ?? '/');
      const arn = `arn:aws:iam::${account}:role${path}${name}`;
      const trust = String(args.assume_role_policy);
      parsePolicy(trust, 'trust');
      twin.state(iam, making).roles.set(name, {
        name,
        id: iamId('AROA'),
        arn,
        account,
        path,
        description: String(args.description ?? ''),
        created: twin.clock.now(),
        trust,
        inline: new Map(),
        attached: new Set(),
        tags: making.tags,
        maximumSessionSeconds: Number(args.max_session_duration ?? 3600),
        ...(args.permissions_boundary !== undefined && { boundaryArn: String(args.permissions_boundary) }),
      });
      return { arn, id: name, unique_id: twin.state(iam, making).roles.get(name)?.id };
    },
    aws_iam_role_policy: (args, making) => {
      const found = making.twin.state(iam, making).roles.get(String(args.role));
      if (!found) throw new Error(`${making.address}: there is no role ${String(args.role)}`);
      parsePolicy(String(args.policy), 'identity');
      found.inline.set(String(args.name), String(args.policy));
      return { id: `${found.name}:${String(args.name)}` };
    },
    aws_iam_policy: (args, making) => {
      const name = String(args.name);
      const arn = `arn:aws:iam::${making.account}:policy${String(args.path ?? '/')}${name}`;
      parsePolicy(String(args.policy), 'identity');
      making.twin
        .state(iam, making)
        .policies.set(arn, { name, arn, document: String(args.policy), created: making.twin.clock.now() });
      return { arn, id: arn };
    },
    aws_iam_role_policy_attachment: (args, making) => {
      const state = making.twin.state(iam, making);
      const found = state.roles.get(String(args.role));
      const arn = String(args.policy_arn);
      if (!found) throw new Error(`${making.address}: there is no role ${String(args.role)}`);
      if (!state.policies.has(arn) && !AWS_MANAGED[arn])
        throw new Error(`${making.address}: the twin does not know the policy ${arn}`);
      found.attached.add(arn);
      return { id: `${found.name}/${arn}` };
    },
  },
};

const stateOf = (twin: Twin, account: string): IamState => twin.state(iam, { account, region: 'us-east-1' });

/** Makes a user with a key. */
export function addUser(
  twin: Twin,
  account: string,
  name: string,
  { administrator = false }: { administrator?: boolean } = {},
): Credentials {
  const id = iamId('AIDA');
  const credentials = twin.credentials.addUser(account, name, id);
  const attached = new Set(administrator ? ['arn:aws:iam::aws:policy/AdministratorAccess'] : []);
  stateOf(twin, account).users.set(name, {
    name,
    id,
    arn: `arn:aws:iam::${account}:user/${name}`,
    created: twin.clock.now(),
    inline: new Map(),
    attached,
    accessKeyIds: [credentials.accessKeyId],
  });
  return credentials;
}

export function roleByArn(twin: Twin, arn: string): Role | undefined {
  return stateOf(twin, arn.split(':')[4] ?? '').roles.get(arn.split('/').at(-1) ?? '');
}

/** Policies parsed once: a call is authorised thousands of times by the same text. */
const parsed = new Map<string, PolicyDocument>();
function parse(text: string): PolicyDocument {
  let document = parsed.get(text);
  if (!document) {
    document = parsePolicy(text, 'identity');
    parsed.set(text, document);
  }
  return document;
}

function managedText(twin: Twin, account: string, arn: string): string {
  const text = AWS_MANAGED[arn] ?? stateOf(twin, account).policies.get(arn)?.document;
  if (text === undefined) throw new Error(`the twin does not know the policy ${arn}`);
  return text;
}

/** Inline and attached policies of a user or of a session's role. */
export function identityPoliciesOf(twin: Twin, principal: Principal): PolicyDocument[] {
  const { account } = principal;
  const holder =
    principal.kind === 'session'
      ? roleByArn(twin, principal.roleArn ?? '')
      : principal.kind === 'user'
        ? stateOf(twin, account).users.get(userNameOf(principal) ?? '')
        : undefined;
  if (!holder) return [];
  return [...holder.inline.values(), ...[...holder.attached].map((arn) => managedText(twin, account, arn))].map(parse);
}

export function boundaryOf(twin: Twin, principal: Principal): PolicyDocument | undefined {
  const arn = principal.kind === 'session' ? roleByArn(twin, principal.roleArn ?? '')?.boundaryArn : undefined;
  return arn === undefined ? undefined : parse(managedText(twin, principal.account, arn));
}

export const userNameOf = ({ kind, arn }: Principal): string | undefined =>
  kind === 'user' ? arn.split('/').at(-1) : undefined;

/**
 * A session of a role for an AWS service.
 *
 * @throws AwsError if the role does not trust it.
 */
export function assumeForService(
  twin: Twin,
  target: Role,
  principal: Principal,
  sessionName: string,
): Credentials & { principal: Principal } {
  const { allowed, reason } = authorize(
    { identity: [], resource: parsePolicy(target.trust, 'trust') },
    {
      action: 'sts:AssumeRole',
      resource: target.arn,
      principal,
      context: {
        ...(principal.sourceArn !== undefined && {
          'aws:SourceArn': principal.sourceArn,
          'aws:SourceAccount': principal.account,
        }),
      },
    },
    { resourceAccount: target.account },
  );
  if (!allowed)
    throw new AwsError(
      'AccessDenied',
      `${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${target.arn} ${reason}`,
      { status: 403 },
    );
  return twin.credentials.addSession(target, sessionName, new Date(twin.clock.now().getTime() + 12 * 3_600_000));
}
