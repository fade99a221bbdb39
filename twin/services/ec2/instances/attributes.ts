import type { InstanceAttribute, InstanceAttributeName } from '@aws-sdk/client-ec2';
import { interfacesAt } from '../interfaces/at';
import { checkOwn } from '../interfaces/guards';
import { groupsOf } from '../interfaces/make';
import type { NetworkInterface } from '../interfaces/state';
import { groupIdentifiers } from '../interfaces/views';
import { instanceOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, type Ec2State, error, missingParameter } from '../state';
import { volumesAt } from '../storage/volumes';
import { changeable } from './guards';
import type { Instance } from './state';
import { checkType } from './types';
import { describeInstance } from './views';

/** The only interface, for attributes that are really its. @throws AwsError if there are several. */
function onlyInterface(state: Ec2State, { id }: Instance): NetworkInterface {
  const [only, ...more] = interfacesAt(state, id);
  if (!only || more.length > 0)
    throw error(
      'InvalidInstanceID',
      `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`,
    );
  checkOwn(only);
  return only;
}

/** Neither kind of protection is for spot instances. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html */
function checkProtectable({ spot }: Instance, attribute: string): void {
  if (spot) throw error('UnsupportedOperation', `Modifying '${attribute}' is not supported for spot instances.`);
}

type Setter = (call: Ec2Call, instance: Instance, value: string) => void;

/** Attributes that are one value, as text: there is an older form of the request that has nothing else. */
const SETTERS: Readonly<Record<string, Setter>> = {
  disableApiTermination(_call, instance, value) {
    checkProtectable(instance, 'disableApiTermination');
    instance.terminationProtected = value === 'true';
  },
  disableApiStop(_call, instance, value) {
    checkProtectable(instance, 'disableApiStop');
    instance.stopProtected = value === 'true';
  },
  instanceInitiatedShutdownBehavior(_call, instance, value) {
    if (value !== 'stop' && value !== 'terminate')
      throw error('InvalidParameterValue', `Invalid value '${value}' for instanceInitiatedShutdownBehavior.`);
    if (instance.spot && !instance.spot.isPersistent && value === 'stop')
      throw error(
        'UnsupportedOperation',
        `Modifying 'instanceInitiatedShutdownBehavior' is not supported for spot instances.`,
      );
    instance.shutdownBehavior = value;
  },
  sourceDestCheck({ state }, instance, value) {
    onlyInterface(state, instance).sourceDestCheck = value === 'true';
  },
  instanceType(_call, instance, value) {
    checkStopped(instance, 'instanceType');
    instance.type = checkType(value);
  },
};

function checkStopped({ id, state }: Instance, attribute: string): void {
  if (state !== 'stopped')
    throw error(
      'IncorrectInstanceState',
      `The instance '${id}' is not in the 'stopped' state; ${attribute} cannot be modified.`,
    );
}

/** The device names and flags of a request. @throws AwsError for a device at which there is no volume. */
function keepVolumes(
  state: Ec2State,
  { id }: Instance,
  mappings: readonly {
    DeviceName?: string | undefined;
    Ebs?: { DeleteOnTermination?: boolean | undefined } | undefined;
  }[],
): void {
  const changes = mappings.map(({ DeviceName, Ebs }) => {
    const attachment = volumesAt(state, id).find((volume) => volume.attachment?.device === DeviceName)?.attachment;
    if (!attachment) throw error('InvalidInstanceAttributeValue', `No device is currently mapped at ${DeviceName}`);
    return { attachment, value: Ebs?.DeleteOnTermination };
  });
  for (const { attachment, value } of changes) if (value !== undefined) attachment.deleteOnTermination = value;
}

/** Attributes by their names in requests and answers. */
function viewOf(call: Ec2Call, instance: Instance, name: InstanceAttributeName): InstanceAttribute | undefined {
  const { state } = call;
  const value = <T>(Value: T) => ({ Value });
  const views: Partial<Record<InstanceAttributeName, () => InstanceAttribute>> = {
    disableApiTermination: () => ({ DisableApiTermination: value(instance.terminationProtected) }),
    disableApiStop: () => ({ DisableApiStop: value(instance.stopProtected) }),
    instanceInitiatedShutdownBehavior: () => ({ InstanceInitiatedShutdownBehavior: value(instance.shutdownBehavior) }),
    instanceType: () => ({ InstanceType: value(instance.type) }),
    userData: () => ({ UserData: instance.userData === undefined ? {} : value(instance.userData) }),
    rootDeviceName: () => ({ RootDeviceName: value(instance.rootDevice) }),
    blockDeviceMapping: () => ({ BlockDeviceMappings: describeInstance(call, instance).BlockDeviceMappings }),
    groupSet: () => ({ Groups: groupIdentifiers(state, interfacesAt(state, instance.id)[0]?.groups ?? []) }),
    sourceDestCheck: () => ({ SourceDestCheck: value(interfacesAt(state, instance.id)[0]?.sourceDestCheck ?? true) }),
    ebsOptimized: () => ({ EbsOptimized: value(false) }),
  };
  return views[name]?.();
}

export const instanceAttributeOperations: Ec2Operations = {
  DescribeInstanceAttribute({ InstanceId, Attribute }, call) {
    if (Attribute === undefined) throw missingParameter('attribute');
    const instance = instanceOf(call.state, InstanceId);
    const view = viewOf(call, instance, Attribute);
    if (!view) throw error('NotImplemented', `${Attribute} of an instance is not simulated by the twin`);
    return { InstanceId: instance.id, ...view };
  },

  /** One attribute in each call. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html */
  ModifyInstanceAttribute({ InstanceId, Attribute, Value, DryRun: _dryRun, ...named }, call) {
    const instance = changeable(call.state, InstanceId);
    const names = [...(Attribute === undefined ? [] : [Attribute]), ...Object.keys(named)];
    const [only, ...more] = names;
    if (only === undefined) throw error('InvalidParameterCombination', 'No attributes specified.');
    if (more.length > 0)
      throw error('InvalidParameterCombination', `Fields for multiple attribute types specified: ${names.join(', ')}`);
    if (named.Groups) {
      const one = onlyInterface(call.state, instance);
      one.groups = groupsOf(call.state, one.vpcId, named.Groups);
    } else if (named.BlockDeviceMappings) keepVolumes(call.state, instance, named.BlockDeviceMappings);
    else if (named.UserData) {
      checkStopped(instance, 'userData');
      instance.userData = Buffer.from(named.UserData.Value ?? '').toString('base64');
    } else setOne(call, instance, only.charAt(0).toLowerCase() + only.slice(1), valueIn(named) ?? Value);
    return {};
  },
};

/** What the request says of its one attribute. */
const valueIn = (named: Readonly<Record<string, unknown>>): string | undefined => {
  const [given] = Object.values(named) as ({ readonly Value?: unknown } | undefined)[];
  return given?.Value === undefined ? undefined : String(given.Value);
};

function setOne(call: Ec2Call, instance: Instance, name: string, value: string | undefined): void {
  const set = Object.hasOwn(SETTERS, name) ? SETTERS[name] : undefined;
  if (!set) throw error('NotImplemented', `${name} of an instance is not simulated by the twin`);
  if (value === undefined) throw missingParameter('value');
  set(call, instance, value);
}
