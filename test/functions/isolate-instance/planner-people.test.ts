import type { Instance } from '../../../functions/incident/instance';
import { planInstance } from '../../../functions/isolate-instance/planner';
import { ID, instance, isolated, isolating, TAGS } from '../../support/instance';
import { policy } from '../../support/policy';

const plan = (one: Instance, settings = policy()) => planInstance(one, settings, isolating());
const _actionsFor = (one: Instance) => plan(one).actions;
const kinds = ({ actions }: ReturnType<typeof plan>) => actions.map(({ kind }) => kind);
const exception = (parts: object) => ({ id: 'known', reason: 'r', owner: 'o', expires: '2999-12-31', ...parts });

describe('people are asked about', () => {
  const byTag = (key: string) => instance({ tags: [{ key, value: 'x' }] });
  it.each([
    'kubernetes.io/cluster/prod',
    'k8s.io/cluster-autoscaler/enabled',
    'karpenter.sh/nodepool',
    'eks:cluster-name',
    'aws:eks:cluster-name',
    'aws:ecs:clusterName',
    'AmazonECSManaged',
  ])('a node of a cluster, by its tag %s', (key) => {
    expect(plan(byTag(key))).toEqual({
      actions: [],
      exempt: [],
      reason: expect.stringContaining(key),
      held: expect.stringContaining('a node of a cluster'),
    });
  });

  it.each(['my-kubernetes.io/cluster/x', 'AmazonECSManagedBy', 'aws:autoscaling:groupName', 'Name', 'eks'])(
    'no instance with the tag %s',
    (key) => {
      expect(plan(byTag(key)).held).toBeUndefined();
      expect(plan(byTag(key)).actions).not.toEqual([]);
    },
  );

  it('one that a service manages', () => {
    expect(plan(instance({ managedBy: 'eks.amazonaws.com' }))).toMatchObject({
      actions: [],
      held: 'it is managed by eks.amazonaws.com, which alone can change it',
    });
  });

  it('nobody, where it is isolated already', () => {
    for (const parts of [{ managedBy: 'eks.amazonaws.com' }, { tags: [...TAGS, { key: 'eks:x', value: '' }] }])
      expect(plan(isolated(parts))).toEqual({ actions: [], exempt: [], reason: 'it is isolated' });
  });

  const unread = [
    { part: 'auto scaling', why: 'AccessDenied' },
    { part: 'role', why: 'Throttling' },
  ] as const;
  const why = 'could not be read: auto scaling (AccessDenied), role (Throttling)';

  it('what could not be read, and the rest is done', () => {
    const one = plan(instance({ unread }));
    expect(one.held).toBe(`${why}; ${one.reason}`);
    expect(one.actions).toEqual(plan(instance()).actions);
  });

  it('what could not be read, also where nothing else is to be done', () => {
    expect(plan(isolated({ unread }))).toEqual({ actions: [], exempt: [], reason: why, held: why });
  });
});

describe('an exception', () => {
  it.each([
    ['its ARN', exception({ resource: instance().arn }), {}],
    ['a pattern', exception({ resource: 'arn:aws:ec2:*:*:instance/*' }), {}],
    ['a tag', exception({}), { exemptTag: { enabled: true } }],
  ])('covers an instance by %s', (_case, one, settings) => {
    const tag = [{ key: policy().exemptTag.key, value: 'known' }];
    const node = { key: 'eks:cluster-name', value: 'x' };
    for (const tags of [tag, [...tag, node]])
      expect(plan(instance({ tags }), policy({ exceptions: [one], ...settings }))).toEqual({
        actions: [],
        exempt: [{ target: ID, exception: 'known' }],
        reason: 'an exception covers the instance',
      });
  });

  it.each([
    ['another instance', exception({ resource: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0' }), 'known'],
    ['whoever has the tag, while tags are off', exception({}), 'known'],
  ])('for %s does not', (_case, one, value) => {
    const tags = [{ key: policy().exemptTag.key, value }];
    expect(kinds(plan(instance({ tags }), policy({ exceptions: [one] })))).toEqual(kinds(plan(instance())));
  });

  it('is not asked about what is isolated', () => {
    const settings = policy({ exceptions: [exception({ resource: 'arn:aws:ec2:*:*:*' })] });
    expect(plan(isolated(), settings)).toEqual({ actions: [], exempt: [], reason: 'it is isolated' });
  });
});
