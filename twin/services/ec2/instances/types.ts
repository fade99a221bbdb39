import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import { listing } from '../listing';
import { type Ec2Operations, error } from '../state';

interface TypeFacts {
  readonly vcpus: number;
  readonly gibibytes: number;
  /** Most network interfaces. */
  readonly interfaces: number;
}

/** Some of each hypervisor, old and new; DescribeInstanceTypes knows no others. @see https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html */
const TYPES: Readonly<Record<string, TypeFacts>> = {
  'm1.small': { vcpus: 1, gibibytes: 1.7, interfaces: 2 },
  't2.micro': { vcpus: 1, gibibytes: 1, interfaces: 2 },
  't2.medium': { vcpus: 2, gibibytes: 4, interfaces: 3 },
  'm4.large': { vcpus: 2, gibibytes: 8, interfaces: 2 },
  't3.micro': { vcpus: 2, gibibytes: 1, interfaces: 2 },
  't3.small': { vcpus: 2, gibibytes: 2, interfaces: 3 },
  't3.medium': { vcpus: 2, gibibytes: 4, interfaces: 3 },
  't3.large': { vcpus: 2, gibibytes: 8, interfaces: 3 },
  't4g.micro': { vcpus: 2, gibibytes: 1, interfaces: 2 },
  'c5.large': { vcpus: 2, gibibytes: 4, interfaces: 3 },
  'm5.large': { vcpus: 2, gibibytes: 8, interfaces: 3 },
  'm5.xlarge': { vcpus: 4, gibibytes: 16, interfaces: 4 },
  'm5.metal': { vcpus: 96, gibibytes: 384, interfaces: 15 },
  'm6i.large': { vcpus: 2, gibibytes: 8, interfaces: 3 },
  'm7g.medium': { vcpus: 1, gibibytes: 4, interfaces: 2 },
  'm7i.large': { vcpus: 2, gibibytes: 8, interfaces: 3 },
};

/** Families on Xen; all others are of the Nitro System. @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html */
const XEN = /^(t1|t2|m1|m2|m3|m4|c1|c3|c4|cc2|cr1|r3|r4|i2|d2|g2|g3s?|p2|p3|x1e?|f1|h1|hs1)\./;
const PREVIOUS = /^(t1|m1|m2|m3|m4|c1|c3|c4|cc2|cr1|r3|r4|i2|g2|hs1)\./;

export const isNitro = (name: string): boolean => !XEN.test(name);
const isMetal = (name: string): boolean => /\.metal/.test(name);
/** Bare metal has no hypervisor. */
const hypervisorOf = (name: string) => (isMetal(name) ? undefined : isNitro(name) ? 'nitro' : 'xen');
const architectureOf = (name: string) => (/^[a-z]+\dg[a-z]*\./.test(name) ? 'arm64' : 'x86_64');

/** @throws AwsError for what is no instance type. */
export function checkType(name: string): string {
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(name))
    throw error('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`);
  return name;
}

/** Where the twin does not know the type, AWS's largest number of one card. */
export const interfacesOf = (name: string): number => TYPES[name]?.interfaces ?? 15;

/** What RunInstances takes where the request names none. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
export const DEFAULT_TYPE = 'm1.small';

function describe(name: string): InstanceTypeInfo {
  const found = TYPES[name];
  if (!found) throw error('InvalidInstanceType', `The following supplied instance types do not exist: [${name}]`);
  const hypervisor = hypervisorOf(name);
  return {
    InstanceType: name as NonNullable<InstanceTypeInfo['InstanceType']>,
    CurrentGeneration: !PREVIOUS.test(name),
    BareMetal: isMetal(name),
    ...(hypervisor && { Hypervisor: hypervisor }),
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    ProcessorInfo: { SupportedArchitectures: [architectureOf(name)] },
    VCpuInfo: { DefaultVCpus: found.vcpus },
    MemoryInfo: { SizeInMiB: Math.round(found.gibibytes * 1024) },
    NetworkInfo: { MaximumNetworkInterfaces: found.interfaces },
    BurstablePerformanceSupported: /^t\d/.test(name),
  };
}

export const instanceTypeOperations: Ec2Operations = {
  DescribeInstanceTypes(request) {
    const { InstanceTypes = [] } = request;
    const { items, next } = listing(InstanceTypes.length > 0 ? InstanceTypes : Object.keys(TYPES), request, {
      filters: {
        'instance-type': (name) => name,
        hypervisor: (name) => [hypervisorOf(name)],
        'current-generation': (name) => String(!PREVIOUS.test(name)),
        'bare-metal': (name) => String(isMetal(name)),
        'processor-info.supported-architecture': (name) => architectureOf(name),
      },
      pageSizes: [5, 100],
      defaultPageSize: 100,
    });
    return { InstanceTypes: items.map(describe), ...next };
  },
};
