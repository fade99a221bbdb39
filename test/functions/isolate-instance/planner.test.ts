import type { Instance } from '../../../functions/incident/instance';
import { planInstance } from '../../../functions/isolate-instance/planner';
import {
  cut,
  deny,
  elastic,
  exchange,
  having,
  ID,
  INCIDENT_ID,
  instance,
  isolated,
  isolating,
  networkInterface,
  shorten,
  TAGS,
  target,
  VPC,
  volume,
} from '../../support/instance';
import { policy } from '../../support/policy';

const plan = (one: Instance, settings = policy()) => planInstance(one, settings, isolating());
const actionsFor = (one: Instance) => plan(one).actions;
const modify = (change: object) => ({ kind: 'ModifyInstanceAttribute', change });
const tags = (...resources: readonly string[]) => ({ kind: 'CreateTags', resources, tags: TAGS });

describe('an instance', () => {
  it('is isolated in this order, each step after those that it needs', () => {
    const web = target();
    const { actions, reason } = plan(
      instance({
        autoScalingGroup: 'workers',
        targets: [web],
        interfaces: [networkInterface({ ipv6: ['2001:db8::1', '2001:db8::2'], elastic: [elastic(7)] })],
      }),
    );
    expect(actions).toEqual([
      modify({ disableApiTermination: true }),
      modify({ shutdownBehavior: 'stop' }),
      modify({ volumes: [{ device: '/dev/xvda', deleteOnTermination: false }] }),
      tags(ID, 'eni-0', 'vol-0'),
      { kind: 'DetachInstances', autoScalingGroup: 'workers' },
      { kind: 'DeregisterTargets', targetGroupArn: web.targetGroupArn, targets: [{ id: ID, port: 80 }] },
      { kind: 'CreateSecurityGroup', vpcId: VPC },
      { kind: 'RevokeSecurityGroupEgress', vpcId: VPC, needs: 6 },
      shorten('eni-0'),
      { ...cut('eni-0'), needs: 7 },
      { kind: 'DisassociateAddress', interfaceId: 'eni-0', associationId: 'eipassoc-7', publicIp: '203.0.113.7' },
      { kind: 'UnassignIpv6Addresses', interfaceId: 'eni-0', addresses: ['2001:db8::1', '2001:db8::2'] },
      { kind: 'ModifyInstanceMetadataOptions', endpoint: 'disabled' },
      exchange,
      { ...deny, needs: 13 },
    ]);
    expect(reason).toBe(
      'isolation: protected from termination, volumes kept, tagged, detached from Auto Scaling, out of load balancers, ' +
        'quarantine group made, quarantine group empty, short connection tracking, cut off by security groups, ' +
        'without elastic addresses, without IPv6 addresses, metadata service off, without its role, older sessions of its role denied',
    );
  });

  it('that is isolated is left', () => {
    expect(plan(isolated())).toEqual({ actions: [], exempt: [], reason: 'it is isolated' });
  });

  it.each<[string, Instance, readonly object[]]>([
    [
      'that may be terminated is protected',
      isolated({ disableApiTermination: false }),
      [modify({ disableApiTermination: true })],
    ],
    [
      'that terminates when it shuts down stops instead',
      isolated({ shutdownBehavior: 'terminate' }),
      [modify({ shutdownBehavior: 'stop' })],
    ],
    [
      'whose way to shut down is not known stops',
      isolated({ shutdownBehavior: 'unknown' }),
      [modify({ shutdownBehavior: 'stop' })],
    ],
    [
      'of the spot market cannot be protected',
      isolated({ spot: true, disableApiTermination: false, shutdownBehavior: 'terminate' }),
      [],
    ],
    [
      'of the spot market keeps its volumes all the same',
      isolated({ spot: true, volumes: [volume({ tags: TAGS })] }),
      [modify({ volumes: [{ device: '/dev/xvda', deleteOnTermination: false }] })],
    ],
    [
      'keeps the volumes that would go with it, in one call',
      isolated({
        volumes: ['/dev/xvda', '/dev/sdb', '/dev/sdc'].map((device, index) =>
          volume({ id: `vol-${index}`, device, tags: TAGS, deleteOnTermination: index !== 1 }),
        ),
      }),
      [
        modify({
          volumes: [
            { device: '/dev/xvda', deleteOnTermination: false },
            { device: '/dev/sdc', deleteOnTermination: false },
          ],
        }),
      ],
    ],
    [
      'serves no metadata',
      isolated({ metadataEndpoint: 'enabled' }),
      [{ kind: 'ModifyInstanceMetadataOptions', endpoint: 'disabled' }],
    ],
    [
      'of which nobody knows whether it serves metadata serves none',
      isolated({ metadataEndpoint: 'unknown' }),
      [{ kind: 'ModifyInstanceMetadataOptions', endpoint: 'disabled' }],
    ],
    [
      'without volumes and interfaces needs nothing for them',
      isolated({ volumes: [], interfaces: [], quarantine: [] }),
      [],
    ],
  ])('%s', (_case, one, actions) => {
    expect(actionsFor(one)).toEqual(actions);
  });
});

describe('tags', () => {
  const first = [
    { key: 'soc:incident', value: 'gd-first' },
    { key: 'soc:status', value: 'quarantined' },
  ];
  it.each<[string, Instance, readonly string[]]>([
    ['go only where there are none', isolated({ volumes: [volume({ deleteOnTermination: false })] }), ['vol-0']],
    ['of another incident stay', isolated({ tags: first }), []],
    ['that name no incident are completed', isolated({ tags: first.slice(1) }), [ID]],
    [
      'that name another status are replaced',
      isolated({ tags: [{ key: 'soc:status', value: 'released' }, ...first.slice(0, 1)] }),
      [ID],
    ],
    [
      'do not go on an interface that a service manages',
      having({}, { id: 'eni-1', managedBy: 'eks.amazonaws.com', tags: [] }),
      [],
    ],
  ])('%s', (_case, one, resources) => {
    expect(actionsFor(one)).toEqual(resources.length === 0 ? [] : [tags(...resources)]);
  });
});

describe('load balancers', () => {
  const [web, api] = ['web', 'api'].map(
    (name) => `arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/${name}/0`,
  ) as [string, string];

  it('lose it and its addresses, each target group by one call', () => {
    const targets = [
      target({ targetGroupArn: web, port: 80 }),
      target({ targetGroupArn: api, id: '10.0.1.4', port: 8080 }),
      target({ targetGroupArn: web, port: 443, health: 'unhealthy' }),
    ];
    expect(actionsFor(isolated({ targets }))).toEqual([
      {
        kind: 'DeregisterTargets',
        targetGroupArn: web,
        targets: [
          { id: ID, port: 80 },
          { id: ID, port: 443 },
        ],
      },
      { kind: 'DeregisterTargets', targetGroupArn: api, targets: [{ id: '10.0.1.4', port: 8080 }] },
    ]);
  });

  it('from which it drains have lost it', () => {
    expect(actionsFor(isolated({ targets: [target({ health: 'draining' })] }))).toEqual([]);
  });
});

it('names the incident in its tags and the profile that it is given', () => {
  const { actions } = planInstance(instance(), policy(), isolating({ incidentId: 'gd-other', profile: 'Other' }));
  expect(actions).toContainEqual(
    expect.objectContaining({ tags: [{ key: 'soc:incident', value: 'gd-other' }, TAGS[1]] }),
  );
  expect(actions).toContainEqual({ ...exchange, profile: { name: 'Other' } });
  expect(INCIDENT_ID).not.toBe('gd-other');
});
