import { interfacesAt } from '../interfaces/at';
import { publicSide } from '../interfaces/views';
import { listing } from '../listing';
import { instanceOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, error } from '../state';
import { volumesAt } from '../storage/volumes';
import { instanceAttributeOperations } from './attributes';
import { consoleOperations } from './console';
import { describeReservation, launchOperations } from './launch';
import { metadataOperations } from './metadata';
import { associationOf, profileOperations } from './profiles';
import { type Instance, STATE_CODES } from './state';
import { instanceStateOperations } from './states';
import { instanceTypeOperations } from './types';
import { describeStatus } from './views';

type Filters = Readonly<Record<string, (instance: Instance) => (string | undefined)[] | string>>;

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
function filtersOf(call: Ec2Call): Filters {
  const { state, account } = call;
  const interfaces = ({ id }: Instance) => interfacesAt(state, id);
  const first = (instance: Instance) => interfaces(instance)[0];
  const groups = (instance: Instance) => interfaces(instance).flatMap((one) => one.groups);
  const publicIps = (instance: Instance) =>
    interfaces(instance).flatMap((one) => one.privateIps.map((address) => publicSide(call, one, address)?.PublicIp));
  return {
    'instance-id': ({ id }) => id,
    'instance-state-name': (instance) => instance.state,
    'instance-state-code': (instance) => String(STATE_CODES[instance.state]),
    'instance-type': ({ type }) => type,
    'instance-lifecycle': ({ spot }) => [spot && 'spot'],
    'image-id': ({ imageId }) => imageId,
    'key-name': ({ keyName }) => [keyName],
    'client-token': ({ clientToken }) => [clientToken],
    'availability-zone': ({ zone }) => zone,
    'subnet-id': (instance) => [first(instance)?.subnetId],
    'vpc-id': (instance) => [first(instance)?.vpcId],
    'private-ip-address': (instance) => [first(instance)?.privateIps[0]],
    'ip-address': (instance) => [publicIps(instance)[0]],
    'instance.group-id': (instance) => first(instance)?.groups.slice() ?? [],
    'network-interface.group-id': groups,
    'network-interface.network-interface-id': (instance) => interfaces(instance).map(({ id }) => id),
    'network-interface.subnet-id': (instance) => interfaces(instance).map(({ subnetId }) => subnetId),
    'network-interface.vpc-id': (instance) => interfaces(instance).map(({ vpcId }) => vpcId),
    'network-interface.addresses.private-ip-address': (instance) =>
      interfaces(instance).flatMap(({ privateIps }) => privateIps),
    'network-interface.association.public-ip': publicIps,
    'network-interface.ipv6-addresses.ipv6-address': (instance) => interfaces(instance).flatMap(({ ipv6 }) => ipv6),
    'iam-instance-profile.arn': ({ id }) => [associationOf(state, id)?.profile.Arn],
    'iam-instance-profile.id': ({ id }) => [associationOf(state, id)?.profile.Id],
    'block-device-mapping.volume-id': ({ id }) => volumesAt(state, id).map((volume) => volume.id),
    'block-device-mapping.device-name': ({ id }) => volumesAt(state, id).map(({ attachment }) => attachment?.device),
    'metadata-options.http-tokens': ({ metadata }) => metadata.HttpTokens,
    'metadata-options.http-endpoint': ({ metadata }) => metadata.HttpEndpoint,
    'operator.managed': ({ operator }) => String(operator !== undefined),
    'operator.principal': ({ operator }) => [operator],
    'reservation-id': ({ reservationId }) => reservationId,
    'root-device-name': ({ rootDevice }) => rootDevice,
    'spot-instance-request-id': ({ spot }) => [spot?.requestId],
    'owner-id': () => account,
  };
}

export const instanceOperations: Ec2Operations = {
  ...launchOperations,
  ...instanceStateOperations,
  ...instanceAttributeOperations,
  ...metadataOperations,
  ...profileOperations,
  ...consoleOperations,
  ...instanceTypeOperations,

  DescribeInstances(request, call) {
    const { InstanceIds = [] } = request;
    const { state } = call;
    if (InstanceIds.length > 0 && request.MaxResults !== undefined)
      throw error(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    const wanted =
      InstanceIds.length > 0 ? InstanceIds.map((id) => instanceOf(state, id)) : [...state.instances.values()];
    const { items, next } = listing(wanted, request, {
      filters: filtersOf(call),
      tags: ({ id }) => state.tags.get(id),
    });
    const reservations = [...new Set(items.map(({ reservationId }) => reservationId))];
    return {
      Reservations: reservations.map((id) =>
        describeReservation(
          call,
          id,
          items.filter(({ reservationId }) => reservationId === id),
        ),
      ),
      ...next,
    };
  },

  /** Those that run, unless all are asked for. */
  DescribeInstanceStatus(request, call) {
    const { InstanceIds = [], IncludeAllInstances = false } = request;
    const { state } = call;
    const named =
      InstanceIds.length > 0 ? InstanceIds.map((id) => instanceOf(state, id)) : [...state.instances.values()];
    const { items, next } = listing(
      named.filter((instance) => IncludeAllInstances || instance.state === 'running'),
      request,
      {
        filters: {
          'availability-zone': ({ zone }) => zone,
          'instance-state-name': (instance) => instance.state,
          'instance-status.status': (instance) => [describeStatus(call, instance).InstanceStatus?.Status],
          'system-status.status': (instance) => [describeStatus(call, instance).SystemStatus?.Status],
        },
      },
    );
    return { InstanceStatuses: items.map((instance) => describeStatus(call, instance)), ...next };
  },
};
