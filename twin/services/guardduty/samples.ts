import { AwsError } from '../../service';
import { announce } from './keep';
import { SAMPLE_TYPES, type SampleKind } from './sample-types';
import {
  detectorArn,
  detectorOf,
  type FindingDetail,
  type GuardDutyOperations,
  invalidParameter,
  type Place,
} from './state';

/** @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateSampleFindings.html */
const MOST_TYPES = 50;

const remoteIpDetails = {
  ipAddressV4: '198.51.100.0',
  organization: { asn: '-1', asnOrg: 'GeneratedFindingASNOrg', isp: 'GeneratedFindingISP', org: 'GeneratedFindingORG' },
  country: { countryName: 'GeneratedFindingCountryName' },
  city: { cityName: 'GeneratedFindingCityName' },
  geoLocation: { lat: 0, lon: 0 },
};

const accessKeyDetails = {
  accessKeyId: 'GeneratedFindingAccessKeyId',
  principalId: 'GeneratedFindingPrincipalId',
  userName: 'GeneratedFindingUserName',
  userType: 'IAMUser',
};

const networkInterface = {
  networkInterfaceId: 'eni-bfcffe88',
  subnetId: 'GeneratedFindingSubnetId',
  vpcId: 'GeneratedFindingVPCId',
  privateDnsName: 'GeneratedFindingPrivateName',
  privateIpAddress: '10.0.0.1',
  privateIpAddresses: [{ privateDnsName: 'GeneratedFindingPrivateName', privateIpAddress: '10.0.0.1' }],
  ipv6Addresses: [],
  securityGroups: [{ groupId: 'GeneratedFindingSecurityId', groupName: 'GeneratedFindingSecurityGroupName' }],
  publicDnsName: 'GeneratedFindingPublicDNSName',
  publicIp: '198.51.100.0',
};

/** What a sample names are placeholders: nothing of it is there. */
const resources = (now: string): Readonly<Record<SampleKind, object>> => ({
  instance: {
    resourceType: 'Instance',
    instanceDetails: {
      instanceId: 'i-99999999',
      instanceType: 'm3.xlarge',
      instanceState: 'running',
      launchTime: now,
      imageId: 'ami-99999999',
      availabilityZone: 'GeneratedFindingInstaceAvailabilityZone',
      productCodes: [],
      tags: [{ key: 'GeneratedFindingInstaceTag1', value: 'GeneratedFindingInstaceValue1' }],
      networkInterfaces: [networkInterface],
      iamInstanceProfile: {
        arn: 'arn:aws:iam::111122223333:example/instance/profile',
        id: 'GeneratedFindingProfileId',
      },
    },
  },
  accessKey: { resourceType: 'AccessKey', accessKeyDetails },
  bucket: {
    resourceType: 'S3Bucket',
    accessKeyDetails,
    s3BucketDetails: [
      {
        arn: 'arn:aws:s3:::bucketName',
        name: 'bucketName',
        type: 'Destination',
        owner: { id: 'CanonicalId' },
        tags: [],
      },
    ],
  },
  cluster: {
    resourceType: 'EKSCluster',
    eksClusterDetails: {
      name: 'GeneratedFindingEKSClusterName',
      arn: 'arn:aws:eks:us-east-1:111122223333:cluster/GeneratedFindingEKSClusterName',
      vpcId: 'GeneratedFindingVPCId',
      status: 'ACTIVE',
      tags: [],
    },
    kubernetesDetails: {
      kubernetesUserDetails: { username: 'GeneratedFindingUserName', uid: 'GeneratedFindingUID', groups: [] },
    },
  },
  database: {
    resourceType: 'RDSDBInstance',
    rdsDbInstanceDetails: { dbInstanceIdentifier: 'GeneratedFindingDBInstanceId', engine: 'Aurora MySQL', tags: [] },
  },
  function: {
    resourceType: 'Lambda',
    lambdaDetails: { functionName: 'GeneratedFindingFunctionName', functionVersion: '1', tags: [] },
  },
  sequence: { resourceType: 'AttackSequence' },
});

/** What was done, where the kind has one way of doing. */
const actions: Readonly<Partial<Record<SampleKind, object>>> = {
  instance: {
    actionType: 'NETWORK_CONNECTION',
    networkConnectionAction: {
      connectionDirection: 'OUTBOUND',
      protocol: 'TCP',
      blocked: false,
      localPortDetails: { port: 39677, portName: 'Unknown' },
      remotePortDetails: { port: 80, portName: 'HTTP' },
      remoteIpDetails,
    },
  },
  accessKey: apiCall('GeneratedFindingAPIName', 'GeneratedFindingAPIServiceName'),
  bucket: apiCall('GeneratedFindingAPIName', 's3.amazonaws.com'),
};

function apiCall(api: string, serviceName: string): object {
  return {
    actionType: 'AWS_API_CALL',
    awsApiCallAction: { api, serviceName, callerType: 'Remote IP', remoteIpDetails, affectedResources: {} },
  };
}

function sampleOf(place: Place, detectorId: string, type: string, severity: number, kind: SampleKind): FindingDetail {
  const { twin, account, region, state } = place;
  const now = twin.clock.now().toISOString();
  // Another sample of a type is another occurrence of it.
  const known = [...state.findings.values()].find(
    ({ detail }) => detail.type === type && isSample(detail) && detail.accountId === account,
  )?.detail;
  const id = known?.id ?? twin.hex(32);
  const action = actions[kind];
  return {
    schemaVersion: '2.0',
    accountId: account,
    region,
    partition: 'aws',
    id,
    arn: `${detectorArn(place, detectorId)}/finding/${id}`,
    type,
    resource: resources(now)[kind] as FindingDetail['resource'],
    service: {
      serviceName: 'guardduty',
      detectorId,
      ...(action && { action }),
      resourceRole: /^(Recon|Policy):|BruteForce/.test(type) ? 'TARGET' : 'ACTOR',
      additionalInfo: { sample: true, value: '{"sample":true}', type: 'default' },
      eventFirstSeen: known ? known.service.eventFirstSeen : now,
      eventLastSeen: now,
      archived: false,
      count: known ? Number(known.service.count) + 1 : 1,
    },
    severity,
    createdAt: known?.createdAt ?? now,
    updatedAt: now,
    title: `[SAMPLE] A sample of the finding type ${type}.`,
    description: `[SAMPLE] A sample of the finding type ${type}. It names placeholders only.`,
  };
}

const isSample = ({ service }: FindingDetail): boolean =>
  (service.additionalInfo as { sample?: unknown } | undefined)?.sample === true;

export const sampleOperations: GuardDutyOperations = {
  /** One of each type, where none is named. Events tell of samples as of any finding. */
  CreateSampleFindings({ DetectorId, FindingTypes }, call) {
    const detector = detectorOf(call, DetectorId);
    const types = FindingTypes && FindingTypes.length > 0 ? FindingTypes : [...SAMPLE_TYPES.keys()];
    const unknown = types.filter((type) => !SAMPLE_TYPES.has(type));
    if (FindingTypes && FindingTypes.length > MOST_TYPES) throw invalidParameter('findingTypes');
    if (unknown.length > 0)
      throw new AwsError('NotImplemented', `the twin makes no samples of ${unknown.join(', ')}; see docs/twin.md`, {
        status: 501,
      });
    for (const type of types) {
      const { severity, kind } = SAMPLE_TYPES.get(type) ?? { severity: 0, kind: 'instance' };
      announce(call, sampleOf(call, detector.id, type, severity, kind));
    }
    return {};
  },
};
