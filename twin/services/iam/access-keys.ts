import { addKey } from './principals';
import { type AccessKey, type IamCall, type IamOperations, limitExceeded, noEntity, type User, userOf } from './state';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const KEYS_PER_USER = 2;

function keyOf({ keys }: User, id: string | undefined): AccessKey {
  const found = keys.get(id ?? '');
  if (!found) throw noEntity(`The Access Key with id ${id} cannot be found.`);
  return found;
}

const ownerOf = ({ state }: IamCall, id: string): User | undefined =>
  [...state.users.values()].find(({ keys }) => keys.has(id));

const statusOf = ({ active }: AccessKey) => (active ? 'Active' : 'Inactive');

export const accessKeyOperations: IamOperations = {
  CreateAccessKey({ UserName }, call) {
    const user = userOf(call, UserName);
    if (user.keys.size >= KEYS_PER_USER)
      throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`);
    const { accessKeyId, secretAccessKey } = addKey(call.twin, user);
    const key = keyOf(user, accessKeyId);
    return {
      AccessKey: {
        UserName: user.name,
        AccessKeyId: accessKeyId,
        Status: statusOf(key),
        SecretAccessKey: secretAccessKey,
        CreateDate: key.created,
      },
    };
  },
  /** Without a user's name it is about the caller's own keys. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
  UpdateAccessKey({ UserName, AccessKeyId, Status }, call) {
    const key = keyOf(userOf(call, UserName), AccessKeyId);
    key.active = Status === 'Active';
    call.twin.credentials.setActive(key.id, key.active);
    return {};
  },
  DeleteAccessKey({ UserName, AccessKeyId }, call) {
    const user = userOf(call, UserName);
    const { id } = keyOf(user, AccessKeyId);
    user.keys.delete(id);
    call.twin.credentials.remove(id);
    return {};
  },
  ListAccessKeys({ UserName }, call) {
    const { name, keys } = userOf(call, UserName);
    return {
      AccessKeyMetadata: [...keys.values()].map((key) => ({
        UserName: name,
        AccessKeyId: key.id,
        Status: statusOf(key),
        CreateDate: key.created,
      })),
      IsTruncated: false,
    };
  },
  /** `N/A` for a key that was never used. */
  GetAccessKeyLastUsed({ AccessKeyId = '' }, call) {
    const owner = ownerOf(call, AccessKeyId);
    if (!owner) throw noEntity(`The Access Key with id ${AccessKeyId} cannot be found.`);
    const use = call.twin.credentials.lastUse(AccessKeyId);
    return {
      UserName: owner.name,
      AccessKeyLastUsed: use
        ? { LastUsedDate: use.time, ServiceName: use.service, Region: use.region }
        : { ServiceName: 'N/A', Region: 'N/A', LastUsedDate: undefined },
    };
  },
};
