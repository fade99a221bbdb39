import * as z from 'zod';
import { ConfigurationError } from './errors';

// The one schema of the settings file. What it describes is printed into docs/settings.md and docs/settings.schema.json.
// Functions never load it: they read the policy that synth made of it (policy.ts).

const mode = z.enum(['observe', 'approve', 'enforce']);
const specificMode = mode.optional().describe('Overrides the general mode. Unset inherits it.');
const foundation = (what: string, must = '') =>
  z
    .enum(['create', 'existing'])
    .default('create')
    .describe(`\`create\` makes ${what}, \`existing\` leaves what the account has as it is.${must && ` ${must}`}`);
const names = (what: string) => z.array(z.string().min(1)).default([]).describe(what);
const port = z.int().min(0).max(65535);

const allowedPort = z.strictObject({
  protocol: z.enum(['tcp', 'udp']).describe('`tcp` or `udp`.'),
  port: port.describe('One port, 0 to 65535.'),
});

const blueprintRule = z.strictObject({
  protocol: z.enum(['tcp', 'udp']).describe('`tcp` or `udp`.'),
  port: port.describe('One port, 0 to 65535.'),
  source: z
    .union(
      [z.cidrv4(), z.cidrv6(), z.string().regex(/^(pl|sg)-[0-9a-f]+$/)],
      'expected a CIDR such as 10.0.0.0/8, a prefix list id or a security group id',
    )
    .describe('A CIDR, a prefix list id or a security group id.'),
});

const blueprint = z.strictObject({
  groups: z
    .strictObject({
      ids: z
        .array(z.string().regex(/^sg-[0-9a-f]+$/, 'expected a security group id such as sg-0123456789abcdef0'))
        .default([])
        .describe('Group ids. Missing rules are restored, extra ones revoked.'),
      names: names('Group names. Extra rules are revoked; nothing is restored, since anybody can name a group.'),
      tags: z
        .record(z.string(), z.string())
        .default({})
        .describe('Tags, all of which a group must have. As with names, only revokes.'),
    })
    .describe('Which groups.'),
  required: z.array(blueprintRule).describe('The exact ingress of these groups.'),
});

const securityGroups = z.strictObject({
  mode: specificMode,
  allowedPorts: z
    .array(allowedPort)
    .default([
      { protocol: 'tcp', port: 80 },
      { protocol: 'tcp', port: 443 },
    ])
    .describe('What the internet may reach. A rule passes if every port in it is listed here.'),
  icmp: z
    .enum(['none', 'pathMtu', 'echo', 'all'])
    .default('pathMtu')
    .describe(
      'ICMP that the internet may send: `pathMtu` is ICMP 3/4 and ICMPv6 2/0, `echo` adds ICMP 8 and ICMPv6 128.',
    ),
  keepAllowedPorts: z
    .boolean()
    .default(false)
    .describe(
      'Narrows a wide rule (also protocol -1) to the allowed ports in it instead of only revoking it. Lets the role authorize ingress.',
    ),
  quasiOpen: z
    .strictObject({
      ipv4: z.int().min(0).max(32).default(8).describe('IPv4 prefixes shorter than this count as the internet.'),
      ipv6: z.int().min(0).max(128).default(16).describe('IPv6 prefixes shorter than this count as the internet.'),
    })
    .prefault({})
    .describe('How short a prefix may be, unless it lies in private address space.'),
  blueprints: z.array(blueprint).default([]).describe('Groups whose ingress is written down exactly.'),
});

const backend = (what: string) =>
  z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .nullable()
    .default(null)
    .refine((given) => given === null || Object.keys(given).length === 1, 'expected exactly one backend')
    .describe(what);

const exception = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected letters, digits, dots, dashes and underscores, at most 64')
    .describe('Named by receipts, and by the tag when `exemptTag` is on.'),
  resource: z
    .string()
    .regex(/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/, 'expected an ARN, `*` standing for any text')
    .optional()
    .describe(
      'An ARN with `*` as wildcard: of a group, or of one security-group-rule. Without it, the exception applies where a tag names it.',
    ),
  reason: z.string().min(1).describe('Why. Stands on each receipt.'),
  owner: z.string().min(1).describe('Who answers for it.'),
  expires: z.iso.date().describe('The last day on which it counts, UTC.'),
});

/** Everything that can be set, with its default. `{}` is valid and observes everywhere. */
export const Settings = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the schema of this file.'),
  prefix: z
    .string()
    .regex(/^([a-z][a-z0-9-]{0,19})?$/, 'expected lower-case letters, digits and dashes, at most 20, a letter first')
    .default('')
    .describe('Precedes every physical name, so that two installations can live in one account.'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a Region such as eu-west-1')
    .default('us-east-1')
    .describe('The Region of the installation.'),
  mode: mode
    .default('observe')
    .describe('`observe` reports what it would do, `approve` holds it for a person, `enforce` does it.'),
  securityGroups: securityGroups.prefault({}).describe('Security groups.'),
  buckets: z
    .strictObject({
      mode: specificMode,
      encryption: z
        .enum(['at-least-sse-s3', 'kms'])
        .default('at-least-sse-s3')
        .describe(
          'The weakest default encryption. Every bucket has SSE-S3 since January 2023. `kms` exchanges that for KMS, and leaves a bucket its key of KMS, whichever it is. Who writes or reads then needs permission for the key.',
        ),
      kmsKeyArn: z
        .string()
        .regex(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/[A-Za-z0-9-]+$/, 'expected the ARN of a key, not of an alias')
        .nullable()
        .default(null)
        .describe("The key that `kms` gives to buckets, of the installation's Region. Null: AWS's own key for S3."),
      publicStatements: z
        .enum(['keep', 'remove'])
        .default('keep')
        .describe('`keep` neutralises public statements and grants by the public access block alone.'),
      accountLevel: z
        .enum(['report', 'restore'])
        .default('report')
        .describe("What to do when the account's own public access block is switched off."),
    })
    .prefault({})
    .describe('S3 buckets.'),
  dataEvents: z
    .enum(['writes', 'none'])
    .default('writes')
    .describe(
      "Calls that write objects, on the trail that is made here: `writes` logs them in every bucket but Suture's own, at CloudTrail's price for data events ($0.10 for 100,000 in most Regions) and that of keeping the logs. No remediation needs them.",
    ),
  incidents: z
    .strictObject({
      critical: specificMode.describe('Severity 9 and above. Overrides the general mode; unset inherits it.'),
      high: specificMode.describe('Severity 7 and above. Overrides the general mode; unset inherits it.'),
      approvalTimeoutMinutes: z.int().min(1).default(60).describe('How long a person has to decide.'),
      onExpiry: z.enum(['deny', 'approve']).default('deny').describe('What silence means.'),
    })
    .prefault({})
    .describe('The incident workflow.'),
  governor: z
    .strictObject({
      actionsPerHour: z.int().min(1).default(100).describe('Changes per remediation and hour, at the least.'),
      percentOfResources: z
        .int()
        .min(0)
        .max(100)
        .default(20)
        .describe('The same as a share of what the last sweep saw. The larger of the two counts.'),
    })
    .prefault({})
    .describe('How much may change in an hour. What exceeds it is held and told once.'),
  fight: z
    .strictObject({
      repeats: z.int().min(2).default(10).describe('Fixes of one resource.'),
      windowMinutes: z.int().min(1).default(60).describe('In this time.'),
    })
    .prefault({})
    .describe('When somebody puts back what was healed: a person is told, once per window.'),
  exceptions: z.array(exception).default([]).describe('What is left alone, why, and until when.'),
  exemptTag: z
    .strictObject({
      key: z
        .string()
        .min(1)
        .default('suture:exempt')
        .describe('The key; its value is the id of a registered exception.'),
      enabled: z.boolean().default(false).describe('Off by default: whoever can open a port can often tag.'),
    })
    .prefault({})
    .describe('A resource tag that names a registered exception.'),
  breakGlass: z
    .strictObject({ users: names('User names.'), roles: names('Role names.') })
    .prefault({})
    .describe('Principals that are never contained.'),
  operators: z
    .strictObject({
      principals: z
        .array(
          z
            .string()
            .regex(
              /^arn:[^:]+:iam::\d{12}:(root|user\/.+|role\/.+)$/,
              'expected the ARN of a user, a role or an account, such as arn:aws:iam::111122223333:role/Security',
            ),
        )
        .default([])
        .describe(
          'Who may assume the role `SutureOperator`: users, with MFA and under their own names; for an account, its users; roles, ' +
            'of which the identity provider must ask for MFA. Sessions of such a role cannot be told apart by person. Without any, the role is not made.',
        ),
    })
    .prefault({})
    .describe('Who approves, denies and closes incidents.'),
  deployers: z
    .strictObject({ roles: names('Role names.') })
    .prefault({})
    .describe("Who may change Suture's own parts without a page: people are told all the same."),
  guardrail: z
    .strictObject({
      targets: z
        .array(z.string().regex(/^(\d{12}|ou-[a-z0-9]+-[a-z0-9]+|r-[a-z0-9]+)$/, 'expected an account, ou-… or r-…'))
        .min(1)
        .describe('Accounts, organizational units (`ou-…`) or the root (`r-…`) that the policies are attached to.'),
      backend: backend(
        'Where Terraform keeps the state of this stack. Never that of `backend`, which belongs to the other stack. Null keeps it in the project directory.',
      ),
    })
    .nullable()
    .default(null)
    .describe(
      "Service control policies that keep Suture's parts from everybody but `deployers`: a stack of its own, `suture-guardrail`, for the organization's management account. Null makes none.",
    ),
  sweep: z
    .strictObject({ everyHours: z.int().min(1).max(24).default(6).describe('Hours between two sweeps.') })
    .prefault({})
    .describe('The periodic check of everything.'),
  managedRules: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9-]{1,100}$/, 'expected letters, digits and dashes, at most 100')
          .describe('How the rule is called.'),
        identifier: z
          .string()
          .regex(/^[A-Z0-9_]+$/, "expected AWS's identifier of a rule, such as INCOMING_SSH_DISABLED")
          .describe("AWS's identifier of the rule."),
        parameters: z.record(z.string(), z.string()).default({}).describe('Its parameters, all of them texts.'),
      }),
    )
    .default([
      { name: 'restricted-ssh', identifier: 'INCOMING_SSH_DISABLED', parameters: {} },
      { name: 's3-bucket-public-read-prohibited', identifier: 'S3_BUCKET_PUBLIC_READ_PROHIBITED', parameters: {} },
      { name: 's3-bucket-public-write-prohibited', identifier: 'S3_BUCKET_PUBLIC_WRITE_PROHIBITED', parameters: {} },
      {
        name: 's3-bucket-level-public-access-prohibited',
        identifier: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED',
        parameters: {},
      },
      { name: 's3-bucket-ssl-requests-only', identifier: 'S3_BUCKET_SSL_REQUESTS_ONLY', parameters: {} },
      {
        name: 's3-bucket-server-side-encryption-enabled',
        identifier: 'S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED',
        parameters: {},
      },
    ])
    .describe('AWS Config rules that AWS writes. Replaces the default as a whole.'),
  notifications: z
    .strictObject({
      emails: z.array(z.email()).default([]).describe('Who is told, by e-mail.'),
      slack: z
        .strictObject({
          workspaceId: z
            .string()
            .min(1)
            .describe('The workspace, authorised once in the console (docs/runbooks/notifications.md).'),
          channelId: z.string().min(1).describe('The channel.'),
        })
        .nullable()
        .default(null)
        .describe('The chat channel that is told.'),
      pagerDuty: z
        .boolean()
        .default(false)
        .describe('Whether to page. The key is the Terraform variable `pagerduty_routing_key`.'),
    })
    .prefault({})
    .describe('Who is told.'),
  foundation: z
    .strictObject({
      recorder: foundation('the Config recorder and its delivery channel'),
      detector: foundation('the GuardDuty detector', 'It must be there, and enabled: otherwise the plan fails.'),
      securityHub: foundation(
        'the Security Hub account',
        'It must be enabled: otherwise applying fails at the custom action, with `not subscribed to AWS Security Hub`. The newer Security Hub, whose findings are in OCSF, is left as it is either way.',
      ),
      trail: foundation('the multi-Region trail'),
    })
    .prefault({})
    .describe('What the account may have already.'),
  runtime: z.enum(['nodejs24.x', 'nodejs22.x']).default('nodejs24.x').describe('The Lambda runtime.'),
  logRetentionDays: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .default(365)
    .describe('How long logs are kept, in the steps that CloudWatch Logs knows.'),
  tags: z.record(z.string(), z.string()).default({}).describe('Tags of every resource.'),
  backend: backend(
    'Where Terraform keeps its state, as in its own `backend` block: `{"s3": {…}}` or `{"cloud": {"organization": "…", "workspaces": {"name": "…"}}}`. Null keeps it in the project directory.',
  ),
});

export type Settings = z.infer<typeof Settings>;

/**
 * Checks the content of a settings file and fills in the defaults.
 *
 * @throws ConfigurationError that names each wrong path, the value given and what would be right.
 */
export function parseSettings(input: unknown): Settings {
  const result = Settings.safeParse(input);
  const problems = result.success
    ? [...duplicateExceptions(result.data), ...foreignKey(result.data), ...lockedOut(result.data)]
    : result.error.issues.map((issue) => explain(issue, input));
  if (problems.length > 0)
    throw new ConfigurationError(`The settings are not valid:\n${problems.map((line) => `  ${line}`).join('\n')}`);
  return result.data as Settings;
}

function duplicateExceptions(settings: Settings): string[] {
  const ids = settings.exceptions.map(({ id }) => id);
  return ids.flatMap((id, index) =>
    ids.indexOf(id) < index ? [`exceptions[${index}].id: "${id}" is used twice; each id names one exception`] : [],
  );
}

/** S3 takes keys of a bucket's own Region only. */
function foreignKey({ region, buckets: { kmsKeyArn } }: Settings): string[] {
  return kmsKeyArn === null || kmsKeyArn.split(':')[3] === region
    ? []
    : [`buckets.kmsKeyArn: ${JSON.stringify(kmsKeyArn)} given. Buckets of ${region} need a key of ${region}`];
}

/** A guardrail that lets nobody through could not even be taken down from within, and two stacks must not take one state for theirs. */
function lockedOut({ guardrail, deployers, backend: other }: Settings): string[] {
  if (guardrail === null) return [];
  const shares = guardrail.backend !== null && JSON.stringify(guardrail.backend) === JSON.stringify(other);
  return [
    ...(deployers.roles.length === 0
      ? [
          'guardrail: deployers.roles is empty, so that nobody could change Suture any more. Name the roles that deploy it',
        ]
      : []),
    ...(shares
      ? ['guardrail.backend: is that of the other stack, whose state it would replace. Give it one of its own']
      : []),
  ];
}

function explain(issue: z.core.$ZodIssue, input: unknown): string {
  const where = pathText(issue.path) || 'the file';
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path).join(', ');
    return issue.keys.map((key) => `${pathText([...issue.path, key])}: unknown key; known here: ${known}`).join('\n  ');
  }
  return `${where}: ${JSON.stringify(valueAt(input, issue.path)) ?? 'nothing'} given. ${issue.message}`;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (at === null || typeof at !== 'object' ? undefined : (at as Record<PropertyKey, unknown>)[key]),
    value,
  );

interface JsonSchemaNode {
  properties?: Record<string, JsonSchemaNode>;
  items?: JsonSchemaNode;
  anyOf?: JsonSchemaNode[];
}

/** The keys of the object at a path, from the JSON Schema, so that they need no second list. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let node: JsonSchemaNode | undefined = z.toJSONSchema(Settings, { io: 'input' }) as JsonSchemaNode;
  for (const key of path) {
    const object: JsonSchemaNode | undefined = node?.anyOf?.find((choice) => choice.properties ?? choice.items) ?? node;
    node = typeof key === 'number' ? object?.items : object?.properties?.[String(key)];
  }
  return Object.keys((node?.anyOf?.find((choice) => choice.properties) ?? node)?.properties ?? {});
}

const NOBODY_APPROVES = 'changes are held and told, but the command that approves them does not exist yet';

/** Keys whose part does not exist yet, and what setting them comes to. A line goes when its part comes. */
const planned: ReadonlyArray<{ path: string; only?: unknown; warning: string }> = [
  { path: 'mode', only: 'approve', warning: NOBODY_APPROVES },
  { path: 'securityGroups.mode', only: 'approve', warning: NOBODY_APPROVES },
  { path: 'buckets.mode', only: 'approve', warning: NOBODY_APPROVES },
];

/** Paths of keys that have no effect yet, for the reference. */
export const plannedKeys: readonly string[] = planned.filter(({ only }) => only === undefined).map(({ path }) => path);

/**
 * What a valid settings file says that will not happen: keys whose part does not exist yet, exceptions that are over.
 *
 * @param input the file's content, before defaults
 * @param today UTC, as `2026-11-21`
 */
export function settingsWarnings(input: unknown, today: string): string[] {
  const defaults = Settings.parse({});
  const unbuilt = planned.flatMap(({ path, only, warning }) => {
    const keys = path.split('.');
    return setLeaves(valueAt(input, keys), valueAt(defaults, keys), path)
      .filter(({ value }) => only === undefined || value === only)
      .map((leaf) => `${leaf.path}: ${warning}`);
  });
  const over = parseSettings(input).exceptions.flatMap((entry, index) =>
    entry.expires < today
      ? [`exceptions[${index}].expires: "${entry.id}" ended on ${entry.expires} and is not applied`]
      : [],
  );
  return [...unbuilt, ...over];
}

/** The values in a file that differ from the default, each with its path. */
function setLeaves(value: unknown, standard: unknown, path: string): { path: string; value: unknown }[] {
  if (value === undefined || JSON.stringify(value) === JSON.stringify(standard)) return [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => setLeaves(inner, valueAt(standard, [key]), `${path}.${key}`));
}
