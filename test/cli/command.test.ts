import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackDirectory } from '../support/stacks';

const root = join(__dirname, '..', '..');
const suture = (...given: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'cli', 'suture.js'), ...given], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
};
const sample = (name: string) => join(root, 'test', 'fixtures', 'events', `${name}.json`);
const explain = (file: string, ...given: string[]) => {
  const { status, stdout, stderr } = suture('explain', file, '--json', '--stack', stackDirectory('narrow'), ...given);
  return { status, stderr, ...(stdout && { answer: JSON.parse(stdout) as Record<string, unknown> }) };
};

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'suture-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
const eventFile = (content: unknown) => {
  const path = join(directory, `${Math.random()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('explain', () => {
  it.each([
    ['cloudtrail-authorize-sg-ingress-ssh-ipv4', 'REMEDIATED', 'revoke'],
    ['cloudtrail-authorize-sg-ingress-ipv6-rdp', 'REMEDIATED', 'revoke'],
    ['cloudtrail-authorize-sg-ingress-flat-form-noncanonical-slash0', 'REMEDIATED', 'revoke'],
    ['cloudtrail-authorize-sg-ingress-private-cidr', 'NO_ACTION', 'keep'],
    ['cloudtrail-modify-sg-rules', 'REMEDIATED', 'revoke'],
  ])('%s: %s', (name, outcome, verdict) => {
    const { status, answer } = explain(sample(name));
    expect(status).toBe(0);
    expect(answer).toMatchObject({
      rules: ['SecurityGroupIngressDetection'],
      functions: ['SecurityGroupSelfHeal'],
      subject: 'sg-0a1b2c3d4e5f60718',
      outcome,
    });
    expect(((answer?.judged ?? []) as { verdict: string }[]).map((rule) => rule.verdict)).toEqual([verdict]);
  });

  it.each([
    ['an archived finding', sample('guardduty-archived-finding'), 'NOT_INVOKED', 'no rule of this stack matches'],
    ['a call that failed', sample('cloudtrail-authorize-sg-ingress-failed-duplicate'), 'NOT_INVOKED', 'no rule'],
  ])('%s', (_case, file, outcome, reason) => {
    expect(explain(file)).toMatchObject({
      status: 0,
      answer: { outcome, reason: expect.stringContaining(reason), rules: [] },
    });
  });

  it('tells that an event which names no group would end in the dead-letter queue', () => {
    const event = JSON.parse(readFileSync(sample('cloudtrail-authorize-sg-ingress-ssh-ipv4'), 'utf8'));
    const cut = { ...event, detail: { ...event.detail, requestParameters: null, responseElements: null } };
    expect(explain(eventFile(cut))).toMatchObject({
      status: 0,
      answer: { outcome: 'DEAD_LETTERED', reason: expect.stringContaining('InvalidEventError') },
    });
  });

  it('judges by the settings of the stack', () => {
    const { stdout } = suture(
      'explain',
      sample('cloudtrail-authorize-sg-ingress-ssh-ipv4'),
      '--stack',
      stackDirectory('default'),
    );
    expect(stdout).toMatch(/outcome\s+DRY_RUN/);
    expect(stdout).toContain('the mode is observe, so nothing would be changed');
  });

  it('shows no control character that an event holds', () => {
    const event = JSON.parse(readFileSync(sample('cloudtrail-authorize-sg-ingress-ssh-ipv4'), 'utf8'));
    event.detail.responseElements.securityGroupRuleSet.items[0].securityGroupRuleId = 'sgr-\u001b[31mred\u0007';
    const { stdout } = suture('explain', eventFile(event), '--stack', stackDirectory('narrow'));
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  /** The sample of SSH for the world, changed. */
  const ssh = (change: (event: { detail: Record<string, never> } & Record<string, unknown>) => void) => {
    const event = JSON.parse(readFileSync(sample('cloudtrail-authorize-sg-ingress-ssh-ipv4'), 'utf8'));
    change(event);
    return eventFile(event);
  };
  const itemsOf = (event: { detail: Record<string, never> }) =>
    (event.detail as unknown as { responseElements: { securityGroupRuleSet: { items: unknown } } }).responseElements
      .securityGroupRuleSet;

  it('tells that another Region is ignored, as the function would', () => {
    expect(
      explain(sample('cloudtrail-authorize-sg-ingress-ssh-ipv4'), '--stack', stackDirectory('enforce')),
    ).toMatchObject({
      status: 0,
      answer: { outcome: 'IGNORED', reason: 'belongs to Region us-east-1, this installation to eu-west-1' },
    });
  });

  it('does not invent rules where the event names none', () => {
    const file = ssh((event) => {
      itemsOf(event).items = null;
    });
    const { status, answer } = explain(file);
    expect(status).toBe(0);
    expect(answer).toMatchObject({
      outcome: 'LOOKED_UP',
      reason: 'the event names no rules; the function reads the live group',
    });
    expect(answer).not.toHaveProperty('judged');
  });

  it('says which CIDR is none', () => {
    const file = ssh((event) => {
      itemsOf(event).items = [
        { securityGroupRuleId: 'sgr-1', ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0/zero' },
      ];
    });
    expect(explain(file)).toMatchObject({
      status: 0,
      stderr: '',
      answer: {
        outcome: 'LOOKED_UP',
        reason: 'the event cannot be judged: "0.0.0/zero" is no CIDR; the function reads the live group',
        judged: [{ rule: 'sgr-1', verdict: '"0.0.0/zero" is no CIDR' }],
      },
    });
  });

  it('matches exceptions in the partition of the event', () => {
    const stack = join(directory, 'gov');
    const settings = eventFile({
      mode: 'enforce',
      region: 'us-gov-west-1',
      exceptions: [
        {
          id: 'gov',
          resource: 'arn:aws-us-gov:ec2:*:*:security-group/*',
          reason: 'r',
          owner: 'o',
          expires: '2999-12-31',
        },
      ],
    });
    const made = spawnSync(process.execPath, [
      '--import',
      'tsx',
      join(root, 'main.ts'),
      '--settings',
      settings,
      '--out',
      stack,
    ]);
    expect(made.status).toBe(0);
    const file = ssh((event) => {
      event.region = 'us-gov-west-1';
      (event.detail as Record<string, unknown>).userIdentity = {};
    });
    expect(explain(file, '--stack', join(stack, 'stacks', 'suture'))).toMatchObject({ answer: { outcome: 'EXEMPT' } });
  });

  it('tells that a compliance change makes the function read the live group', () => {
    expect(explain(sample('config-compliance-sg-ssh-noncompliant'))).toMatchObject({
      status: 0,
      answer: {
        rules: ['ConfigComplianceSecurityGroups'],
        functions: ['SecurityGroupSelfHeal'],
        subject: 'sg-0a1b2c3d4e5f60718',
        outcome: 'LOOKED_UP',
        reason: expect.stringContaining('the function reads the live security group'),
      },
    });
    expect(explain(sample('config-compliance-sg-back-to-compliant'))).toMatchObject({
      answer: { outcome: 'NOT_INVOKED' },
    });
  });

  it.each([
    ['config-rule-invocation-sg-change', 'REMEDIATED', 'NON_COMPLIANT', 'port 22, port 465, port 993'],
    ['config-rule-invocation-sg-all-traffic-protocol-minus1', 'REMEDIATED', 'NON_COMPLIANT', 'all traffic'],
    ['config-rule-invocation-testmode-token', 'DRY_RUN', 'NON_COMPLIANT', 'test mode'],
    ['config-rule-invocation-sg-resource-deleted', 'IGNORED', 'NOT_APPLICABLE', 'no longer, in the scope'],
    ['config-rule-invocation-oversized', 'LOOKED_UP', undefined, 'fetches it from Config'],
    ['config-rule-invocation-scheduled', 'LOOKED_UP', undefined, 'every security group'],
  ])('judges the item of %s: %s, %s', (name, outcome, compliance, reason) => {
    const { status, answer } = explain(sample(name));
    expect(status).toBe(0);
    expect(answer).toMatchObject({
      functions: ['SecurityGroupSelfHeal'],
      outcome,
      reason: expect.stringContaining(reason),
    });
    expect(answer?.compliance).toBe(compliance);
    expect(answer).not.toHaveProperty('actions');
  });

  it.each([
    ['a missing file', () => 'nope.json', 'nope.json: no such file'],
    ['what is no JSON', () => eventFile('{'), 'is not JSON'],
    ['what is no event', () => eventFile('7'), 'expected a JSON object'],
  ])('ends with 2 for %s', (_case, file, message) => {
    expect(explain(file())).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });

  it('ends with 2 where nothing is synthesized', () => {
    expect(suture('explain', sample('cloudtrail-modify-sg-rules'), '--stack', directory)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('make it with: npm run build'),
    });
  });
});

it.each([
  [['explan'], "unknown command 'explan'"],
  [['demo', '--rounds', 'many'], 'many: expected a whole number'],
  [['demo', '--rounds', '0'], '--rounds must be at least 1'],
  [['explain'], "missing required argument 'event.json'"],
  [[], 'Usage: suture'],
])('%j is wrong use', (given, message) => {
  const { status, stderr } = suture(...given);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
});

it('twin runs until it is told to end', async () => {
  const child = spawn(
    process.execPath,
    [join(root, 'cli', 'suture.js'), 'twin', '--port', '0', '--stack', stackDirectory('enforce'), '--quiet', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  );
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  expect(await (await fetch(`${endpoint}/_twin/health`)).json()).toMatchObject({ ready: true });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

it('demo shows a group heal itself, and writes a page that needs nothing else', () => {
  const { status, stdout } = suture('demo', '--rounds', '3', '--json');
  expect(status).toBe(0);
  const scene = JSON.parse(stdout) as {
    healed: boolean;
    receipt: { intact: boolean };
    opened: unknown[];
    before: unknown;
    after: unknown;
    latency: { rounds: number[] };
  };
  expect(scene).toMatchObject({
    healed: true,
    receipt: { intact: true },
    latency: { rounds: [expect.any(Number), expect.any(Number), expect.any(Number)] },
  });
  expect(scene.opened).toHaveLength(3);
  expect(scene.after).toEqual(scene.before);
  const page = readFileSync(join(root, 'out', 'demo.html'), 'utf8');
  expect(page).not.toMatch(/(src|href)=["']?http/);
  expect(page).toMatch(/The chain of \d entries is intact\./);
});
