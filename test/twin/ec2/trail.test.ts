import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { Ec2Bench, failureOf, permit, tcp } from './support';

// What CloudTrail says of a call has the shape of what it said in AWS: test/fixtures/events.

let bench: Ec2Bench;
let trail: CloudTrailClient;
let groupId: string;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  const { endpoint, region, credentials } = bench.settings;
  trail = new CloudTrailClient({ endpoint, region, credentials });
});
afterAll(async () => {
  trail.destroy();
  await bench.stop();
});
beforeEach(async () => {
  groupId = await bench.group();
});

interface Detail {
  readonly eventName: string;
  readonly requestID: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Record<string, unknown>;
  readonly responseElements: Record<string, unknown> | null;
}

/** The newest event of a name. */
async function last(eventName: string): Promise<Detail> {
  const { Events: [event] = [] } = await trail.send(
    new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: eventName }] }),
  );
  return JSON.parse(event?.CloudTrailEvent ?? '{}') as Detail;
}

const sample = (name: string): Detail =>
  (
    JSON.parse(readFileSync(join(__dirname, '..', '..', 'fixtures', 'events', `cloudtrail-${name}.json`), 'utf8')) as {
      detail: Detail;
    }
  ).detail;

/** Names and types without values, in the order of the names. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? null : typeof value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, shapeOf(inner)]));
}

const shapes = ({ requestParameters, responseElements }: Detail) => shapeOf({ requestParameters, responseElements });

/** Of rules: what the ids and the account are does not matter, the rest does. */
const values = ({ requestParameters, responseElements }: Detail): unknown =>
  JSON.parse(
    JSON.stringify({ requestParameters, responseElements }, (name, value) =>
      /Id$|Arn$/.test(name) ? `a ${name}` : value,
    ),
  );

describe('AuthorizeSecurityGroupIngress', () => {
  it.each([
    ['ssh-ipv4', tcp(22, '0.0.0.0/0')],
    ['private-cidr', tcp(22, '10.0.0.0/8')],
    ['all-ports-0-65535', permit('tcp', [0, 65535], '0.0.0.0/0')],
    ['ipv6-rdp', tcp(3389, '::/0')],
    ['protocol-minus1', permit('-1', undefined, '0.0.0.0/0', '::/0')],
  ])('is logged as in %s', async (name, permission) => {
    await bench.authorize(groupId, permission);
    const event = await last('AuthorizeSecurityGroupIngress');
    expect(values(event)).toEqual(values(sample(`authorize-sg-ingress-${name}`)));
    expect(event.requestParameters.groupId).toBe(groupId);
    expect(event.responseElements?.requestId).toBe(event.requestID);
  });

  it('is logged in its flat form with the block as it was typed', async () => {
    await bench.ec2.authorizeSecurityGroupIngress({
      GroupId: groupId,
      IpProtocol: 'tcp',
      FromPort: 22,
      ToPort: 22,
      CidrIp: '198.51.100.254/0',
    });
    expect(values(await last('AuthorizeSecurityGroupIngress'))).toEqual(
      values(sample('authorize-sg-ingress-flat-form-noncanonical-slash0')),
    );
  });

  it('is logged with its error and no answer when it failed', async () => {
    await bench.authorize(groupId, tcp(22, '0.0.0.0/0'));
    await failureOf(bench.authorize(groupId, tcp(22, '0.0.0.0/0')));
    const [event, expected] = [
      await last('AuthorizeSecurityGroupIngress'),
      sample('authorize-sg-ingress-failed-duplicate'),
    ];
    expect(values(event)).toEqual(values(expected));
    const { errorCode, errorMessage } = expected;
    expect(event).toMatchObject({ errorCode, errorMessage, responseElements: null });
  });

  it('writes groups and prefix lists where blocks have none', async () => {
    const listId = await bench.list(1);
    await bench.authorize(groupId, tcp(22, groupId, listId));
    const { requestParameters, responseElements } = await last('AuthorizeSecurityGroupIngress');
    expect(requestParameters.ipPermissions).toEqual({
      items: [
        {
          ipProtocol: 'tcp',
          fromPort: 22,
          toPort: 22,
          groups: { items: [{ groupId }] },
          ipRanges: {},
          ipv6Ranges: {},
          prefixListIds: { items: [{ prefixListId: listId }] },
        },
      ],
    });
    expect(responseElements?.securityGroupRuleSet).toEqual({
      items: [
        expect.objectContaining({ prefixListId: listId }),
        expect.objectContaining({ referencedGroupInfo: { groupId, userId: '111122223333' } }),
      ],
    });
  });
});

describe('RevokeSecurityGroupIngress', () => {
  it('is logged by ids as recorded, and with the rules that went, which EC2 has answered since then', async () => {
    const [rule] = await bench.authorize(groupId, tcp(22, '0.0.0.0/0'));
    await bench.ec2.revokeSecurityGroupIngress({
      GroupId: groupId,
      SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''],
    });
    const event = await last('RevokeSecurityGroupIngress');
    const { revokedSecurityGroupRuleSet, ...responseElements } = event.responseElements ?? {};
    expect(values({ ...event, responseElements })).toEqual(values(sample('revoke-sg-ingress-by-soc')));
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
    expect(revokedSecurityGroupRuleSet).toEqual({
      items: [
        {
          securityGroupRuleId: rule?.SecurityGroupRuleId,
          groupId,
          isEgress: false,
          ipProtocol: 'tcp',
          fromPort: 22,
          toPort: 22,
          cidrIpv4: '0.0.0.0/0',
        },
      ],
    });
  });

  it('is logged with what was unknown', async () => {
    await bench.revoke(groupId, tcp(22, '0.0.0.0/0'));
    const { responseElements } = await last('RevokeSecurityGroupIngress');
    expect(responseElements).toMatchObject({
      _return: true,
      unknownIpPermissionSet: { items: [{ ipProtocol: 'tcp', ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] } }] },
    });
  });
});

describe('ModifySecurityGroupRules', () => {
  const ssh = (CidrIpv4: string) => ({ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv4 });

  it('is logged wrapped, one rule as an object', async () => {
    const [rule] = await bench.authorize(groupId, tcp(22, '10.0.0.0/8'));
    await bench.ec2.modifySecurityGroupRules({
      GroupId: groupId,
      SecurityGroupRules: [
        { SecurityGroupRuleId: rule?.SecurityGroupRuleId ?? '', SecurityGroupRule: ssh('0.0.0.0/0') },
      ],
    });
    const event = await last('ModifySecurityGroupRules');
    expect(values(event)).toEqual(values(sample('modify-sg-rules')));
    expect(event.responseElements).toMatchObject({ ModifySecurityGroupRulesResponse: { requestId: event.requestID } });
  });

  it('is logged with several rules as a list, numbered', async () => {
    const rules = await bench.authorize(groupId, tcp(22, '10.0.0.0/8', '10.0.0.0/9'));
    await bench.ec2.modifySecurityGroupRules({
      GroupId: groupId,
      SecurityGroupRules: rules.map(({ SecurityGroupRuleId = '' }, index) => ({
        SecurityGroupRuleId,
        SecurityGroupRule: ssh(`10.${index}.0.0/16`),
      })),
    });
    const { requestParameters } = await last('ModifySecurityGroupRules');
    expect(requestParameters).toMatchObject({
      ModifySecurityGroupRulesRequest: {
        GroupId: groupId,
        SecurityGroupRule: [
          { tag: 1, SecurityGroupRule: { CidrIpv4: '10.0.0.0/16' } },
          { tag: 2, SecurityGroupRule: { CidrIpv4: '10.1.0.0/16' } },
        ],
      },
    });
  });
});

describe('prefix lists', () => {
  it('are logged wrapped, like rules: the request as it was sent, the answer as its XML', async () => {
    const listId = await bench.list(5, ['10.0.0.0/8']);
    const created = await last('CreateManagedPrefixList');
    expect(created.requestParameters).toEqual({
      CreateManagedPrefixListRequest: expect.objectContaining({
        AddressFamily: 'IPv4',
        MaxEntries: 5,
        Entry: { Cidr: '10.0.0.0/8', tag: 1 },
      }),
    });
    expect(created.responseElements).toEqual({
      CreateManagedPrefixListResponse: {
        xmlns: 'http://ec2.amazonaws.com/doc/2016-11-15/',
        requestId: created.requestID,
        prefixList: expect.objectContaining({ prefixListId: listId, state: 'create-in-progress', tagSet: '' }),
      },
    });
    await bench.ec2.modifyManagedPrefixList({
      PrefixListId: listId,
      CurrentVersion: 1,
      AddEntries: [{ Cidr: '0.0.0.0/0' }, { Cidr: '11.0.0.0/8', Description: 'two' }],
      RemoveEntries: [{ Cidr: '10.0.0.0/8' }],
    });
    const { requestParameters, responseElements } = await last('ModifyManagedPrefixList');
    expect(requestParameters).toEqual({
      ModifyManagedPrefixListRequest: {
        PrefixListId: listId,
        CurrentVersion: 1,
        AddEntry: [
          { Cidr: '0.0.0.0/0', tag: 1 },
          { Cidr: '11.0.0.0/8', Description: 'two', tag: 2 },
        ],
        RemoveEntry: { Cidr: '10.0.0.0/8', tag: 1 },
      },
    });
    expect(responseElements).toMatchObject({
      ModifyManagedPrefixListResponse: { prefixList: { prefixListId: listId, version: 1 } },
    });
  });
});

describe('groups and tags', () => {
  it('are logged flat', async () => {
    const event = await last('CreateSecurityGroup');
    expect(shapes(event)).toEqual({
      requestParameters: { groupDescription: 'string', groupName: 'string' },
      responseElements: { _return: 'boolean', groupId: 'string', requestId: 'string', securityGroupArn: 'string' },
    });
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'a', Value: 'b' }] });
    const { requestParameters, responseElements } = await last('CreateTags');
    expect(requestParameters).toEqual({
      resourcesSet: { items: [{ resourceId: groupId }] },
      tagSet: { items: [{ key: 'a', value: 'b' }] },
    });
    expect(responseElements).toEqual({ requestId: expect.any(String), _return: true });
  });
});
