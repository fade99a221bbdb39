import { type Instance, SHORTEST_TRACKING } from '../../../functions/incident/instance';
import { planInstance } from '../../../functions/isolate-instance/planner';
import {
  cut,
  elastic,
  group,
  having,
  isolated,
  isolating,
  networkInterface,
  OTHER_VPC,
  QUARANTINE_GROUP,
  shorten,
  TAGS,
  VPC,
} from '../../support/instance';
import { policy } from '../../support/policy';

const plan = (one: Instance, settings = policy()) => planInstance(one, settings, isolating());
const actionsFor = (one: Instance) => plan(one).actions;

describe('the quarantine group', () => {
  const open = (parts: Parameters<typeof group>[0]) => isolated({ quarantine: [group(parts)] });
  const ingress = { kind: 'RevokeSecurityGroupIngress', vpcId: VPC };
  const egress = { kind: 'RevokeSecurityGroupEgress', vpcId: VPC };

  it.each<[string, Instance, readonly object[]]>([
    ['without rules is left', open({}), []],
    ['that lets IPv4 in is emptied', open({ ingress: [1, 0] }), [ingress]],
    ['that lets IPv6 in is emptied', open({ ingress: [0, 1] }), [ingress]],
    ['that lets IPv4 out is emptied', open({ egress: [2, 0] }), [egress]],
    ['that lets IPv6 out is emptied', open({ egress: [0, 1] }), [egress]],
    [
      'with rules in both directions loses both, one after the other',
      open({ ingress: [1, 1], egress: [1, 1] }),
      [egress, { ...ingress, needs: 0 }],
    ],
  ])('%s', (_case, one, actions) => {
    expect(actionsFor(one)).toEqual(actions);
  });

  it('is one for each VPC, and each interface waits for its own', () => {
    const interfaces = [
      networkInterface({ tracking: SHORTEST_TRACKING, tags: TAGS }),
      networkInterface({ id: 'eni-1', vpcId: OTHER_VPC, tracking: SHORTEST_TRACKING, tags: TAGS }),
    ];
    const quarantine = [group({ ingress: [0, 3] }), group({ vpcId: OTHER_VPC, groupId: null })];
    expect(actionsFor(isolated({ interfaces, quarantine }))).toEqual([
      ingress,
      { kind: 'CreateSecurityGroup', vpcId: OTHER_VPC },
      { kind: 'RevokeSecurityGroupEgress', vpcId: OTHER_VPC, needs: 1 },
      { ...cut('eni-0'), needs: 0 },
      { ...cut('eni-1', OTHER_VPC), needs: 2 },
    ]);
  });

  it('that is there, and empty, is waited for by nobody', () => {
    expect(actionsFor(having({ groups: ['sg-0web'] }))).toEqual([cut('eni-0')]);
  });
});

describe('an interface', () => {
  it.each([1, 2, 3, 4])('is cut off, each of %d alike', (count) => {
    const interfaces = Array.from({ length: count }, (_, index) => ({
      id: `eni-${index}`,
      groups: ['sg-0web'],
      tracking: {},
    }));
    expect(actionsFor(having(...interfaces))).toEqual(interfaces.flatMap(({ id }) => [shorten(id), cut(id)]));
  });

  it.each<[string, Instance, readonly object[]]>([
    ['behind the group and another is cut off', having({ groups: [QUARANTINE_GROUP, 'sg-0web'] }), [cut('eni-0')]],
    ['behind none is cut off', having({ groups: [] }), [cut('eni-0')]],
    [
      'that tracks connections for longer does not any more',
      having({ tracking: { ...SHORTEST_TRACKING, udpStream: 180 } }),
      [shorten('eni-0')],
    ],
    [
      'of which only the timeout of UDP is not told is left',
      having({ tracking: { tcpEstablished: 60, udpStream: 60 } }),
      [],
    ],
    [
      'without the Nitro System keeps its timeouts',
      { ...having({ tracking: {}, groups: ['sg-0web'] }), nitro: false },
      [cut('eni-0')],
    ],
    [
      'that a service manages is left alone',
      having(
        {},
        { id: 'eni-1', managedBy: 'lambda', groups: ['sg-1'], tracking: {}, ipv6: ['::1'], elastic: [elastic(1)] },
      ),
      [],
    ],
    [
      'keeps the IPv6 addresses that AWS does not let go',
      having({ fixedIpv6: ['2001:db8::1', '2001:db8:1::/80'] }),
      [],
    ],
    [
      'loses each elastic address',
      having({ elastic: [elastic(1), elastic(2)] }),
      [1, 2].map((index) => ({
        kind: 'DisassociateAddress',
        interfaceId: 'eni-0',
        associationId: `eipassoc-${index}`,
        publicIp: `203.0.113.${index}`,
      })),
    ],
  ])('%s', (_case, one, actions) => {
    expect(actionsFor(one)).toEqual(actions);
  });
});
