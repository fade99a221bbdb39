import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sns } from '../../twin/services/sns';
import { sqs } from '../../twin/services/sqs';
import { evaluate } from '../../twin/terraform/expressions';
import { Stacks } from '../../twin/terraform/stacks';
import { HOME_ACCOUNT, Twin } from '../../twin/twin';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stack-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function stackOf(file: object, variables: Record<string, string> = {}): { twin: Twin; stacks: Stacks } {
  writeFileSync(
    join(directory, 'cdk.tf.json'),
    JSON.stringify({ provider: { aws: [{ region: 'eu-west-1' }] }, ...file }),
  );
  const twin = new Twin();
  return { twin, stacks: new Stacks(twin, [directory], variables) };
}

it('makes resources in the order of their references, whatever their order in the file', () => {
  const { twin, stacks } = stackOf({
    resource: {
      aws_sns_topic_subscription: {
        s: { topic_arn: '${aws_sns_topic.t.arn}', protocol: 'sqs', endpoint: '${aws_sqs_queue.q.arn}' },
      },
      aws_sqs_queue: { q: { name: '${aws_sns_topic.t.name}-queue' } },
      aws_sns_topic: { t: { name: 'alerts', depends_on: [] } },
    },
  });
  stacks.install();
  const home = { account: HOME_ACCOUNT, region: 'eu-west-1' };
  expect([...twin.state(sqs, home).queues.keys()]).toEqual(['alerts-queue']);
  expect([...twin.state(sns, home).topics.keys()]).toHaveLength(1);
});

it('gives every resource the default tags of the provider under its own', () => {
  const { twin, stacks } = stackOf({
    provider: { aws: [{ region: 'eu-west-1', default_tags: [{ tags: { Team: 'security', Stage: 'test' } }] }] },
    resource: { aws_sqs_queue: { q: { name: 'q', tags: { Stage: 'live' } } } },
  });
  stacks.install();
  const { queues } = twin.state(sqs, { account: HOME_ACCOUNT, region: 'eu-west-1' });
  expect(queues.get('q')?.tags).toEqual({ Team: 'security', Stage: 'live' });
});

it.each([
  [
    'resource types that it does not know, by name',
    { resource: { aws_quantum_ledger: { l: {} }, aws_sqs_queue: { q: { name: 'q' } } } },
    'aws_quantum_ledger',
  ],
  [
    'count',
    { resource: { aws_sqs_queue: { q: { name: 'q', count: 2 } } } },
    'aws_sqs_queue.q: the twin does not simulate count',
  ],
  [
    'functions and operators',
    { resource: { aws_sqs_queue: { q: { name: '${lower("Q")}' } } } },
    'expressions other than references are not simulated: ${lower("Q")}',
  ],
  [
    'template directives',
    { resource: { aws_sqs_queue: { q: { name: '%{ if true }q%{ endif }' } } } },
    'template directives',
  ],
  [
    'references to nothing',
    { resource: { aws_sqs_queue: { q: { name: '${aws_sns_topic.t.arn}' } } } },
    'there is no aws_sns_topic.t',
  ],
  [
    'attributes that nobody gives',
    { resource: { aws_sns_topic: { t: { name: 't' } }, aws_sqs_queue: { q: { name: '${aws_sns_topic.t.colour}' } } } },
    'no such attribute',
  ],
  [
    'data sources that it does not know',
    { resource: { aws_sqs_queue: { q: { name: '${data.aws_vpc.main.id}' } } } },
    'aws_vpc',
  ],
  [
    'circles',
    { resource: { aws_sqs_queue: { a: { name: '${aws_sqs_queue.b.name}' }, b: { name: '${aws_sqs_queue.a.name}' } } } },
    'in a circle',
  ],
  [
    'variables without a value',
    { variable: { name: {} }, resource: { aws_sqs_queue: { q: { name: '${var.name}' } } } },
    '--var name=… or TF_VAR_name',
  ],
])('refuses %s', (_case, file, message) => {
  const { stacks } = stackOf(file);
  expect(() => stacks.install()).toThrow(message);
  expect(stacks.loaded()).toEqual([]);
});

it('takes variables, with their types', () => {
  const file = {
    variable: { name: { type: 'string', default: 'standard' }, seconds: { type: 'number' } },
    resource: { aws_sqs_queue: { q: { name: '${var.name}', delay_seconds: '${var.seconds}' } } },
  };
  const { twin, stacks } = stackOf(file, { seconds: '30' });
  stacks.install();
  expect(
    twin
      .state(sqs, { account: HOME_ACCOUNT, region: 'eu-west-1' })
      .queues.get('standard')
      ?.attributes.get('DelaySeconds'),
  ).toBe('30');
  expect(() => stackOf(file, { nam: 'x' })).toThrow('the stack has no variable nam; it has: name, seconds');
});

it('lists the arguments that no service read', () => {
  const { stacks } = stackOf({ resource: { aws_sqs_queue: { q: { name: 'q', fancy: { mode: 'on', level: [1] } } } } });
  stacks.install();
  expect(stacks.unreadArguments()).toEqual([
    { address: 'aws_sqs_queue.q', argument: 'fancy.mode' },
    { address: 'aws_sqs_queue.q', argument: 'fancy.level.0' },
  ]);
});

it('is installed once', () => {
  const { stacks } = stackOf({ resource: {} });
  stacks.install();
  expect(() => stacks.install()).toThrow('installed already');
});

it.each([
  ['plain', 'plain'],
  ['${a.b.c}', ['a', 'b', 'c']],
  ['x-${a.b[0].c}-y', 'x-a,b,0,c-y'],
  ['${a["b.c"].d}', ['a', 'b.c', 'd']],
  ['$${literal} and %%{literal}', '${literal} and %{literal}'],
  ['', ''],
])('evaluates %j', (text, value) => {
  expect(evaluate(text, (path) => path)).toEqual(value);
});
