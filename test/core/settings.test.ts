import { ConfigurationError } from '../../functions/core/errors';
import { policyOf } from '../../functions/core/policy';
import { parseSettings, settingsWarnings } from '../../functions/core/settings';

/** The example of the design, every key set. */
const everything = {
  $schema: './docs/settings.schema.json',
  prefix: 'team-a-',
  region: 'eu-west-1',
  mode: 'observe',
  securityGroups: {
    mode: 'enforce',
    allowedPorts: [{ protocol: 'tcp', port: 443 }],
    icmp: 'echo',
    keepAllowedPorts: true,
    quasiOpen: { ipv4: 12, ipv6: 20 },
    blueprints: [
      {
        groups: { ids: ['sg-0abc'], names: ['LabSG1'], tags: {} },
        required: [{ protocol: 'tcp', port: 443, source: '0.0.0.0/0' }],
      },
    ],
  },
  buckets: { mode: 'enforce', encryption: 'kms', kmsKeyArn: null, publicStatements: 'remove', accountLevel: 'restore' },
  dataEvents: 'writes',
  incidents: { critical: 'enforce', high: 'approve', approvalTimeoutMinutes: 30, onExpiry: 'approve' },
  governor: { actionsPerHour: 50, percentOfResources: 10 },
  fight: { repeats: 5, windowMinutes: 30 },
  exceptions: [
    {
      id: 'legacy-mail',
      resource: 'arn:aws:ec2:*:*:security-group/sg-0abc*',
      reason: 'moving',
      owner: 'mail',
      expires: '2027-01-31',
    },
  ],
  exemptTag: { key: 'suture:leave', enabled: true },
  breakGlass: { users: ['b'], roles: [] },
  operators: { principals: [] },
  deployers: { roles: ['Deploy'] },
  guardrail: { targets: ['ou-ab12-cdefgh12', '111122223333'], backend: { s3: { bucket: 'state', key: 'guardrail' } } },
  sweep: { everyHours: 12 },
  managedRules: [{ name: 'ssh', identifier: 'INCOMING_SSH_DISABLED', parameters: { a: 'b' } }],
  notifications: { emails: ['soc@example.com'], slack: { workspaceId: 'T0', channelId: 'C0' }, pagerDuty: true },
  foundation: { recorder: 'existing', detector: 'existing', securityHub: 'existing', trail: 'existing' },
  runtime: 'nodejs22.x',
  logRetentionDays: 30,
  tags: { Team: 'security' },
  backend: { s3: { bucket: 'state', key: 'suture' } },
};

it('accepts an empty file, which observes everywhere', () => {
  const settings = parseSettings({});
  expect(settings).toMatchObject({
    mode: 'observe',
    incidents: { approvalTimeoutMinutes: 60, onExpiry: 'deny' },
    securityGroups: { keepAllowedPorts: false },
  });
  expect(policyOf(settings, { buckets: [], roles: [] }).securityGroups.mode).toBe('observe');
  expect(settingsWarnings({}, '2026-11-21')).toEqual([]);
});

it('accepts every key of the contract', () => {
  expect(parseSettings(everything)).toEqual(everything);
});

it.each([
  ['the specific mode overrides the general one', { mode: 'observe', securityGroups: { mode: 'enforce' } }, 'enforce'],
  ['an unset mode inherits', { mode: 'approve' }, 'approve'],
  ['a weaker specific mode counts too', { mode: 'enforce', securityGroups: { mode: 'observe' } }, 'observe'],
])('%s', (_case, input, mode) => {
  expect(policyOf(parseSettings(input), { buckets: [], roles: [] }).securityGroups.mode).toBe(mode);
});

it.each([
  [{ guardrail: { targets: ['111122223333'] } }, ['guardrail: deployers.roles is empty']],
  [{ guardrail: { targets: ['everybody'] }, deployers: { roles: ['Deploy'] } }, ['expected an account, ou-… or r-…']],
  [
    {
      guardrail: { targets: ['r-ab12'], backend: { s3: { bucket: 'state', key: 'suture' } } },
      deployers: { roles: ['Deploy'] },
      backend: { s3: { bucket: 'state', key: 'suture' } },
    },
    ['guardrail.backend: is that of the other stack'],
  ],
  [{ mod: 'enforce' }, ['mod: unknown key; known here: $schema, prefix, region, mode,']],
  [{ securityGroups: { icpm: 'all' } }, ['securityGroups.icpm: unknown key; known here: mode, allowedPorts, icmp,']],
  [
    { exceptions: [{ id: 'a', reason: 'b', owner: 'c', expires: '2027-01-31', untl: 'x' }] },
    ['exceptions[0].untl: unknown key; known here: id, resource, reason, owner, expires'],
  ],
  [
    { notifications: { slack: { workspace: 'T' } } },
    [
      'notifications.slack.workspace: unknown key; known here: workspaceId, channelId',
      'notifications.slack.workspaceId: nothing given.',
    ],
  ],
  [{ mode: 'enforced' }, ['mode: "enforced" given. Invalid option: expected one of "observe"|"approve"|"enforce"']],
  [
    { securityGroups: { allowedPorts: [{ protocol: 'tcp', port: 70000 }] } },
    ['securityGroups.allowedPorts[0].port: 70000 given. Too big: expected number to be <=65535'],
  ],
  [
    { securityGroups: { allowedPorts: [{ protocol: 'tcp', port: '443' }] } },
    ['securityGroups.allowedPorts[0].port: "443" given. Invalid input: expected number'],
  ],
  [{ region: 'Ireland' }, ['region: "Ireland" given. expected a Region such as eu-west-1']],
  [{ prefix: 'Team A' }, ['prefix: "Team A" given. expected lower-case letters']],
  [
    { exceptions: [{ id: 'a', reason: 'b', owner: 'c', expires: '2027-02-30' }] },
    ['exceptions[0].expires: "2027-02-30" given. Invalid ISO date'],
  ],
  [
    { exceptions: [{ id: 'a', resource: 'sg-0abc', reason: 'b', owner: 'c', expires: '2027-01-31' }] },
    ['exceptions[0].resource: "sg-0abc" given. expected an ARN'],
  ],
  [{ backend: { s3: {}, local: {} } }, ['backend:', 'expected exactly one backend']],
  [{ notifications: { emails: ['soc'] } }, ['notifications.emails[0]: "soc" given.']],
  [{ logRetentionDays: 42 }, ['logRetentionDays: 42 given.']],
  [[], ['the file: [] given. Invalid input: expected object']],
  [null, ['the file: null given.']],
])('refuses %j by path, with the value and what would be right', (input, fragments) => {
  const parse = () => parseSettings(input);
  expect(parse).toThrow(ConfigurationError);
  for (const fragment of fragments) expect(parse).toThrow(fragment);
});

it('names every problem at once', () => {
  expect(() => parseSettings({ mode: 'on', region: 'x', bukets: {} })).toThrow(
    /mode: [\s\S]*region: |region: [\s\S]*mode: /,
  );
});

it('refuses two exceptions of one name', () => {
  const exception = { id: 'a', reason: 'b', owner: 'c', expires: '2027-01-31' };
  expect(() => parseSettings({ exceptions: [exception, exception] })).toThrow('exceptions[1].id: "a" is used twice');
});

it('refuses a key for encryption that buckets of the Region cannot use, and what is no key', () => {
  const buckets = (kmsKeyArn: string) => () =>
    parseSettings({ region: 'eu-west-1', buckets: { encryption: 'kms', kmsKeyArn } });
  expect(buckets('arn:aws:kms:eu-west-1:111122223333:key/mrk-1234')).not.toThrow();
  expect(buckets('arn:aws:kms:us-east-1:111122223333:key/1234')).toThrow(
    'buckets.kmsKeyArn: "arn:aws:kms:us-east-1:111122223333:key/1234" given. Buckets of eu-west-1 need a key of eu-west-1',
  );
  expect(buckets('alias/mine')).toThrow('expected the ARN of a key, not of an alias');
});

describe('warnings', () => {
  it('say nothing of the contract, every part of which exists', () => {
    expect(settingsWarnings(everything, '2026-11-21')).toEqual([]);
  });

  it('say nothing of a key that is set to its default', () => {
    expect(
      settingsWarnings(
        { buckets: { publicStatements: 'keep' }, sweep: { everyHours: 6 }, mode: 'enforce' },
        '2026-11-21',
      ),
    ).toEqual([]);
  });

  it('say that nobody can approve yet', () => {
    expect(settingsWarnings({ securityGroups: { mode: 'approve' } }, '2026-11-21')).toEqual([
      'securityGroups.mode: changes are held and told, but the command that approves them does not exist yet',
    ]);
  });

  it.each([
    ['2027-01-31', 0],
    ['2027-02-01', 1],
  ])('name exceptions that are over: on %s %d', (today, count) => {
    const { exceptions } = everything;
    expect(settingsWarnings({ exceptions }, today)).toHaveLength(count);
  });
});
