import { AwsError } from '../../service';
import { listing } from './listing';
import { listOf } from './lookups';
import { isOverQuota } from './quota';
import {
  type Ec2Call,
  type Ec2Operations,
  error,
  missingParameter,
  type PrefixList,
  type PrefixListEntry,
  type SecurityGroup,
} from './state';
import { setTags, tagList, tagsAtCreation } from './tags';
import { canonicalCidr } from './traffic';

/** How long a list is in a change, in milliseconds of the twin's time. In AWS it takes seconds. */
const CHANGE_MS = 300;
/** Entries in one request. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html */
const ENTRIES_PER_REQUEST = 100;
/** @see https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html#managed-prefix-lists-rules */
const MOST_ENTRIES = 1000;
const LONGEST_NAME = 255;
/** Why a list could not be resized. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html */
const IDS_IN_MESSAGE = 10;

/** @throws AwsError if the list is AWS's, or in a change. */
function changeable(call: Ec2Call, id: string | undefined): PrefixList {
  const list = listOf(call.state, id);
  if (list.owner !== call.account)
    throw new AwsError('UnauthorizedOperation', 'You are not authorized to perform this operation.', { status: 403 });
  if (list.state.endsWith('-in-progress'))
    throw error('IncorrectState', `The prefix list ${list.id} is in state ${list.state} and cannot be changed.`);
  return list;
}

/** @throws AwsError unless it is the version that the caller read. */
function checkVersion(list: PrefixList, version: number | undefined): void {
  if (version === undefined) throw missingParameter('CurrentVersion');
  if (version !== list.version)
    throw error(
      'PrefixListVersionMismatch',
      `The specified prefix list version ${version} is not the current version ${list.version}.`,
    );
}

function entriesOf(list: PrefixList, version: number): readonly PrefixListEntry[] {
  const entries = list.versions.get(version);
  if (!entries) throw error('PrefixListVersionNotFound', `The prefix list version ${version} does not exist.`);
  return entries;
}

function checkSize(maxEntries: number, entries: readonly PrefixListEntry[]): void {
  if (maxEntries < 1 || maxEntries > MOST_ENTRIES)
    throw error('InvalidParameterValue', `Must specify a max size between 1 and ${MOST_ENTRIES}`);
  if (entries.length > maxEntries)
    throw error('PrefixListMaxEntriesExceeded', `The prefix list may hold ${maxEntries} entries.`);
}

const arnOf = ({ arn, region }: Ec2Call, { id, owner }: PrefixList): string =>
  owner === 'AWS' ? `arn:aws:ec2:${region}:aws:prefix-list/${id}` : arn(`prefix-list/${id}`);

/** A name that a list may have. @throws AwsError for any other. */
function checkName(name: string): string {
  if (name === '' || name.length > LONGEST_NAME || name.startsWith('com.amazonaws'))
    throw error('InvalidParameterValue', `Invalid value '${name}' for PrefixListName.`);
  return name;
}

/** AWS's own lists have neither a version nor a size. */
const describe = (call: Ec2Call, list: PrefixList) => ({
  PrefixListId: list.id,
  PrefixListName: list.name,
  PrefixListArn: arnOf(call, list),
  AddressFamily: list.addressFamily,
  State: list.state,
  ...(list.stateMessage !== undefined && { StateMessage: list.stateMessage }),
  ...(list.owner !== 'AWS' && { MaxEntries: list.maxEntries, Version: list.version }),
  OwnerId: list.owner,
  Tags: tagList(call.state, list.id),
});

/** @throws AwsError for too many at once, for what is no block of the list's family, or for one twice. */
function entriesFrom(
  { addressFamily }: Pick<PrefixList, 'addressFamily'>,
  given: readonly { Cidr?: string | undefined; Description?: string | undefined }[],
): PrefixListEntry[] {
  if (given.length > ENTRIES_PER_REQUEST)
    throw error('InvalidParameterValue', `The maximum number of entries in a request is ${ENTRIES_PER_REQUEST}.`);
  const entries = given.map(({ Cidr = '', Description }) => ({
    cidr: canonicalCidr(Cidr, addressFamily === 'IPv4' ? 'ipv4' : 'ipv6'),
    ...(Description !== undefined && { description: Description }),
  }));
  if (new Set(entries.map(({ cidr }) => cidr)).size < entries.length)
    throw error('InvalidParameterValue', 'The same CIDR must not appear multiple times in a request.');
  return entries;
}

/** A change shows after a while: until then all is as it was. What `finish` returns is why it failed. */
function changeLater(
  { twin }: Ec2Call,
  list: PrefixList,
  kind: 'create' | 'modify' | 'restore',
  finish: () => string | undefined,
): void {
  list.state = `${kind}-in-progress`;
  delete list.stateMessage;
  twin.clock.after(CHANGE_MS, () => {
    const failure = finish();
    list.state = failure === undefined ? `${kind}-complete` : `${kind}-failed`;
    if (failure !== undefined) list.stateMessage = failure;
  });
}

function putEntries(list: PrefixList, entries: readonly PrefixListEntry[]): undefined {
  list.version += 1;
  list.versions.set(list.version, entries);
}

/** Groups count a list for as many entries as it may hold, so that it may not outgrow them. */
function resize({ state }: Ec2Call, list: PrefixList, maxEntries: number): string | undefined {
  const sizeOf = (one: PrefixList) => (one === list ? maxEntries : one.maxEntries);
  const outgrown = groupsWith(state.groups.values(), list.id).filter(({ rules }) => isOverQuota(state, rules, sizeOf));
  if (outgrown.length > 0) {
    const ids = outgrown.slice(0, IDS_IN_MESSAGE).map(({ id }) => id);
    return `The following resources do not support the new maximum size: ${ids.join(', ')}`;
  }
  list.maxEntries = maxEntries;
  return undefined;
}

/**
 * A description changes in two steps: the entry goes, and comes again.
 *
 * @throws AwsError for an entry that is to go and is not there, to come and is, or both
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_managed_prefix_list.go for what EC2 answers
 */
function merge(
  list: PrefixList,
  given: { readonly add: readonly PrefixListEntry[]; readonly remove: readonly PrefixListEntry[] },
): PrefixListEntry[] {
  const current = entriesOf(list, list.version);
  const has = (entries: readonly PrefixListEntry[], cidr: string) => entries.some((entry) => entry.cidr === cidr);
  const removed = new Set(given.remove.map(({ cidr }) => cidr));
  const both = given.add.find(({ cidr }) => removed.has(cidr));
  if (both)
    throw error(
      'InvalidParameterValue',
      `Request cannot contain Cidr ${both.cidr} in both AddPrefixListEntries and RemovePrefixListEntries`,
    );
  const missing = [...removed].find((cidr) => !has(current, cidr));
  if (missing !== undefined)
    throw error('InvalidParameterValue', `The entry ${missing} does not exist in the prefix list.`);
  if (given.add.some(({ cidr }) => has(current, cidr)))
    throw error('InvalidRequest', 'The request received was invalid.');
  return [...current.filter(({ cidr }) => !removed.has(cidr)), ...given.add];
}

const groupsWith = (groups: Iterable<SecurityGroup>, prefixListId: string): SecurityGroup[] =>
  [...groups].filter(({ rules }) =>
    rules.some(({ peer }) => peer.kind === 'list' && peer.prefixListId === prefixListId),
  );

export const prefixListOperations: Ec2Operations = {
  CreateManagedPrefixList(request, call) {
    const { PrefixListName, AddressFamily, MaxEntries, Entries = [], TagSpecifications } = request;
    if (PrefixListName === undefined) throw missingParameter('PrefixListName');
    if (MaxEntries === undefined) throw missingParameter('MaxEntries');
    if (AddressFamily === undefined) throw missingParameter('AddressFamily');
    if (AddressFamily !== 'IPv4' && AddressFamily !== 'IPv6')
      throw error('InvalidParameterValue', `Invalid value '${AddressFamily}' for AddressFamily.`);
    const entries = entriesFrom({ addressFamily: AddressFamily }, Entries);
    checkSize(MaxEntries, entries);
    const tags = tagsAtCreation('prefix-list', TagSpecifications);
    const list: PrefixList = {
      id: `pl-${call.twin.hex(17)}`,
      name: checkName(PrefixListName),
      owner: call.account,
      addressFamily: AddressFamily,
      maxEntries: MaxEntries,
      version: 1,
      state: 'create-in-progress',
      versions: new Map([[1, entries]]),
    };
    call.state.prefixLists.set(list.id, list);
    setTags(call.state, list.id, tags);
    changeLater(call, list, 'create', () => undefined);
    return { PrefixList: describe(call, list) };
  },

  ModifyManagedPrefixList(request, call) {
    const { PrefixListId, CurrentVersion, PrefixListName, AddEntries = [], RemoveEntries = [], MaxEntries } = request;
    const list = changeable(call, PrefixListId);
    const changesEntries = AddEntries.length > 0 || RemoveEntries.length > 0;
    if (MaxEntries !== undefined && changesEntries)
      throw error(
        'InvalidParameterCombination',
        'You cannot modify the entries of a prefix list and modify the size of a prefix list at the same time.',
      );
    const name = PrefixListName === undefined ? list.name : checkName(PrefixListName);
    if (changesEntries) {
      checkVersion(list, CurrentVersion);
      const entries = merge(list, { add: entriesFrom(list, AddEntries), remove: entriesFrom(list, RemoveEntries) });
      checkSize(list.maxEntries, entries);
      changeLater(call, list, 'modify', () => putEntries(list, entries));
    }
    if (MaxEntries !== undefined) {
      checkSize(MaxEntries, entriesOf(list, list.version));
      changeLater(call, list, 'modify', () => resize(call, list, MaxEntries));
    }
    list.name = name;
    return { PrefixList: describe(call, list) };
  },

  RestoreManagedPrefixListVersion({ PrefixListId, PreviousVersion, CurrentVersion }, call) {
    const list = changeable(call, PrefixListId);
    if (PreviousVersion === undefined) throw missingParameter('PreviousVersion');
    checkVersion(list, CurrentVersion);
    const entries = entriesOf(list, PreviousVersion);
    checkSize(list.maxEntries, entries);
    changeLater(call, list, 'restore', () => putEntries(list, entries));
    return { PrefixList: describe(call, list) };
  },

  DeleteManagedPrefixList({ PrefixListId }, call) {
    const list = changeable(call, PrefixListId);
    if (groupsWith(call.state.groups.values(), list.id).length > 0)
      throw error('DependencyViolation', `The prefix list ${list.id} is referenced by other resources.`);
    const answer = { ...describe(call, list), State: 'delete-in-progress' as const };
    call.state.prefixLists.delete(list.id);
    call.state.tags.delete(list.id);
    return { PrefixList: answer };
  },

  DescribeManagedPrefixLists(request, call) {
    const { PrefixListIds = [] } = request;
    const { state } = call;
    const wanted =
      PrefixListIds.length > 0 ? PrefixListIds.map((id) => listOf(state, id)) : [...state.prefixLists.values()];
    const { items, next } = listing(wanted, request, {
      filters: {
        'prefix-list-id': ({ id }) => id,
        'prefix-list-name': ({ name }) => name,
        'owner-id': ({ owner }) => owner,
      },
      tags: ({ id }) => state.tags.get(id),
      pageSizes: [1, 100],
      defaultPageSize: 100,
    });
    return { PrefixLists: items.map((list) => describe(call, list)), ...next };
  },

  /** Those of AWS only. */
  DescribePrefixLists(request, { state }) {
    const { PrefixListIds = [] } = request;
    const wanted =
      PrefixListIds.length > 0 ? PrefixListIds.map((id) => listOf(state, id)) : [...state.prefixLists.values()];
    const { items, next } = listing(
      wanted.filter(({ owner }) => owner === 'AWS'),
      request,
      { filters: { 'prefix-list-id': ({ id }) => id, 'prefix-list-name': ({ name }) => name } },
    );
    return {
      PrefixLists: items.map((list) => ({
        PrefixListId: list.id,
        PrefixListName: list.name,
        Cidrs: entriesOf(list, list.version).map(({ cidr }) => cidr),
      })),
      ...next,
    };
  },

  GetManagedPrefixListEntries(request, { state }) {
    const list = listOf(state, request.PrefixListId);
    const { items, next } = listing(entriesOf(list, request.TargetVersion ?? list.version), request, {
      filters: {},
      pageSizes: [1, 100],
      defaultPageSize: 100,
    });
    return { Entries: items.map(({ cidr, description }) => ({ Cidr: cidr, Description: description })), ...next };
  },

  GetManagedPrefixListAssociations(request, { state, account }) {
    const list = listOf(state, request.PrefixListId);
    const { items, next } = listing(groupsWith(state.groups.values(), list.id), request, {
      filters: {},
      pageSizes: [5, 255],
    });
    return { PrefixListAssociations: items.map(({ id }) => ({ ResourceId: id, ResourceOwner: account })), ...next };
  },
};
