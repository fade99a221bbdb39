import type { IamInstanceProfileAssociation, IamInstanceProfileSpecification } from '@aws-sdk/client-ec2';
import type { Twin } from '../../../twin';
import { type InstanceProfile, instanceProfile } from '../../iam';
import { listing } from '../listing';
import { type Ec2Operations, type Ec2State, error, missingParameter } from '../state';
import { changeable } from './guards';
import type { ProfileAssociation } from './state';

/** @throws AwsError if there is no profile of that name, or that ARN. */
export function profileFor(twin: Twin, account: string, given: IamInstanceProfileSpecification): InstanceProfile {
  const found = instanceProfile(twin, account, given);
  if (found) return found;
  const [parameter, value] = given.Arn === undefined ? ['name', given.Name] : ['arn', given.Arn];
  throw error(
    'InvalidParameterValue',
    `Value (${value}) for parameter iamInstanceProfile.${parameter} is invalid. Invalid IAM Instance Profile ${parameter === 'name' ? 'name' : 'ARN'}`,
  );
}

export const associationOf = ({ profileAssociations }: Ec2State, id: string): ProfileAssociation | undefined =>
  [...profileAssociations.values()].find(({ instanceId }) => instanceId === id);

/** Gives an instance a profile. */
export function associate(
  { state, twin }: { state: Ec2State; twin: Twin },
  instanceId: string,
  { arn, id }: InstanceProfile,
): ProfileAssociation {
  const made: ProfileAssociation = {
    id: `iip-assoc-${twin.hex(17)}`,
    instanceId,
    profile: { Arn: arn, Id: id },
    since: twin.clock.now(),
  };
  state.profileAssociations.set(made.id, made);
  return made;
}

const describe = (
  { id, instanceId, profile, since }: ProfileAssociation,
  State: NonNullable<IamInstanceProfileAssociation['State']> = 'associated',
): IamInstanceProfileAssociation => ({
  AssociationId: id,
  InstanceId: instanceId,
  IamInstanceProfile: profile,
  State,
  Timestamp: since,
});

/** @throws AwsError if there is none. */
function associationById({ profileAssociations }: Ec2State, id: string | undefined): ProfileAssociation {
  if (id === undefined) throw missingParameter('AssociationId');
  const found = profileAssociations.get(id);
  if (!found) throw error('InvalidAssociationID.NotFound', `An invalid association-id of '${id}' was given`);
  return found;
}

/** An instance has one profile or none, and an association that was ended is no longer described. */
export const profileOperations: Ec2Operations = {
  AssociateIamInstanceProfile({ InstanceId, IamInstanceProfile }, call) {
    const { state, twin, account } = call;
    if (!IamInstanceProfile) throw missingParameter('IamInstanceProfile');
    const { id } = changeable(state, InstanceId);
    const profile = profileFor(twin, account, IamInstanceProfile);
    if (associationOf(state, id)) throw error('IncorrectState', `There is an existing association for instance ${id}`);
    return { IamInstanceProfileAssociation: describe(associate(call, id, profile), 'associating') };
  },

  ReplaceIamInstanceProfileAssociation({ AssociationId, IamInstanceProfile }, call) {
    const { state, twin, account } = call;
    if (!IamInstanceProfile) throw missingParameter('IamInstanceProfile');
    const old = associationById(state, AssociationId);
    changeable(state, old.instanceId);
    const profile = profileFor(twin, account, IamInstanceProfile);
    state.profileAssociations.delete(old.id);
    return { IamInstanceProfileAssociation: describe(associate(call, old.instanceId, profile), 'associating') };
  },

  DisassociateIamInstanceProfile({ AssociationId }, { state }) {
    const old = associationById(state, AssociationId);
    changeable(state, old.instanceId);
    state.profileAssociations.delete(old.id);
    return { IamInstanceProfileAssociation: describe(old, 'disassociating') };
  },

  DescribeIamInstanceProfileAssociations(request, { state }) {
    const { AssociationIds = [] } = request;
    const wanted =
      AssociationIds.length > 0
        ? AssociationIds.map((id) => associationById(state, id))
        : [...state.profileAssociations.values()];
    const { items, next } = listing(wanted, request, {
      filters: { 'instance-id': ({ instanceId }) => instanceId, state: () => 'associated' },
    });
    return { IamInstanceProfileAssociations: items.map((one) => describe(one)), ...next };
  },
};
