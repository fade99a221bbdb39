import { isNitro } from '../instances/types';
import { interfaceOf } from '../lookups';
import { type Ec2Operations, type Ec2State, error } from '../state';
import { checkOwn } from './guards';
import { groupsOf, trackingOf } from './make';
import type { NetworkInterface } from './state';

/** Only the Nitro System's instances let timeouts be set. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html#connection-tracking-timeouts */
function checkTracking({ instances }: Ec2State, { attachment }: NetworkInterface): void {
  const type = instances.get(attachment?.instanceId ?? '')?.type;
  if (type !== undefined && !isNitro(type))
    throw error('UnsupportedOperation', `Connection tracking timeouts are not supported for instance type ${type}.`);
}

export const attributeOperations: Ec2Operations = {
  /** `Groups` is the whole new set; one attribute in each call. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html */
  ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, DryRun: _dryRun, ...attributes }, { state }) {
    const found = interfaceOf(state, NetworkInterfaceId);
    checkOwn(found);
    const [name, ...more] = Object.keys(attributes);
    if (name === undefined) throw error('InvalidParameterCombination', 'No attributes specified.');
    if (more.length > 0)
      throw error(
        'InvalidParameterCombination',
        `Fields for multiple attribute types specified: ${[name, ...more].join(', ')}`,
      );
    const { Groups, Description, SourceDestCheck, Attachment, ConnectionTrackingSpecification } = attributes;
    if (Groups) found.groups = groupsOf(state, found.vpcId, Groups);
    else if (Description) found.description = Description.Value ?? '';
    else if (SourceDestCheck) found.sourceDestCheck = SourceDestCheck.Value ?? true;
    else if (ConnectionTrackingSpecification) {
      checkTracking(state, found);
      found.tracking = trackingOf(ConnectionTrackingSpecification);
    } else if (Attachment) {
      const { attachment } = found;
      if (!attachment || attachment.id !== Attachment.AttachmentId)
        throw error('InvalidAttachmentID.NotFound', `The attachment '${Attachment.AttachmentId}' does not exist`);
      if (Attachment.DeleteOnTermination !== undefined) attachment.deleteOnTermination = Attachment.DeleteOnTermination;
    } else throw error('NotImplemented', `${name} of a network interface is not simulated by the twin`);
    return {};
  },

  ResetNetworkInterfaceAttribute({ NetworkInterfaceId }, { state }) {
    const found = interfaceOf(state, NetworkInterfaceId);
    checkOwn(found);
    found.sourceDestCheck = true;
    return {};
  },
};
