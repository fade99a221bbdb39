import type { ModifyManagedPrefixListCommandInput } from '@aws-sdk/client-ec2';
import { ACCOUNT, Ec2Bench, failureOf, tcp } from './support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());
afterEach(() => jest.restoreAllMocks());

const describe1 = async (id: string) => {
  const { PrefixLists: [list] = [] } = await bench.ec2.describeManagedPrefixLists({ PrefixListIds: [id] });
  return list;
};
const entries = async (PrefixListId: string, TargetVersion?: number) => {
  const { Entries = [] } = await bench.ec2.getManagedPrefixListEntries({
    PrefixListId,
    ...(TargetVersion !== undefined && { TargetVersion }),
  });
  return Entries.map(({ Cidr, Description }) => (Description === undefined ? Cidr : `${Cidr} ${Description}`));
};
const send = (PrefixListId: string, input: Partial<ModifyManagedPrefixListCommandInput>) =>
  bench.ec2.modifyManagedPrefixList({ PrefixListId, ...input });
/** Changes a list and waits until that is done. */
const modify = async (id: string, input: Partial<ModifyManagedPrefixListCommandInput>) => {
  await send(id, input);
  await bench.twin.clock.advance(1);
};
const add = (...cidrs: string[]) => ({ AddEntries: cidrs.map((Cidr) => ({ Cidr })) });
const remove = (...cidrs: string[]) => ({ RemoveEntries: cidrs.map((Cidr) => ({ Cidr })) });

describe('making a prefix list', () => {
  const make = (input: object) =>
    bench.ec2.createManagedPrefixList({ PrefixListName: 'fine', AddressFamily: 'IPv4', MaxEntries: 2, ...input });

  it('takes a moment, and then it is there with version 1', async () => {
    const { PrefixList } = await make({ Entries: [{ Cidr: '10.1.2.3/8', Description: 'office' }] });
    expect(PrefixList?.State).toBe('create-in-progress');
    await bench.twin.clock.advance(1);
    const id = PrefixList?.PrefixListId ?? '';
    expect(await describe1(id)).toEqual({
      PrefixListId: expect.stringMatching(/^pl-[0-9a-f]{17}$/),
      PrefixListArn: `arn:aws:ec2:eu-west-1:${ACCOUNT}:prefix-list/${id}`,
      PrefixListName: 'fine',
      AddressFamily: 'IPv4',
      State: 'create-complete',
      MaxEntries: 2,
      Version: 1,
      OwnerId: ACCOUNT,
      Tags: [],
    });
    expect(await entries(id)).toEqual(['10.0.0.0/8 office']);
  });

  it.each([
    ['without a name', { PrefixListName: undefined }, 'MissingParameter'],
    ['without a size', { MaxEntries: undefined }, 'MissingParameter'],
    ['without a family', { AddressFamily: undefined }, 'MissingParameter'],
    ["named like AWS's own", { PrefixListName: 'com.amazonaws.mine' }, 'InvalidParameterValue'],
    ['of another family', { AddressFamily: 'IPv5' }, 'InvalidParameterValue'],
    ['for no entries', { MaxEntries: 0 }, 'InvalidParameterValue'],
    ['for more than 1000', { MaxEntries: 1001 }, 'InvalidParameterValue'],
    ['with a block of the other family', { Entries: [{ Cidr: '::/0' }] }, 'InvalidParameterValue'],
    ['with a block twice', { Entries: [{ Cidr: '10.0.0.0/8' }, { Cidr: '10.0.0.1/8' }] }, 'InvalidParameterValue'],
    [
      'with more entries than it may hold',
      { MaxEntries: 1, Entries: [{ Cidr: '10.0.0.0/8' }, { Cidr: '11.0.0.0/8' }] },
      'PrefixListMaxEntriesExceeded',
    ],
    [
      'with more than 100 entries at once',
      { MaxEntries: 200, Entries: Array.from({ length: 101 }, (_, index) => ({ Cidr: `10.0.${index}.0/24` })) },
      'InvalidParameterValue',
    ],
  ])('fails %s', async (_case, input, code) => {
    expect(await bench.refusal(make(input))).toBe(code);
  });
});

describe('changing entries', () => {
  it('makes a new version, and keeps the old ones', async () => {
    const id = await bench.list(3, ['10.0.0.0/8', '11.0.0.0/8']);
    const { PrefixList } = await send(id, { CurrentVersion: 1, ...add('12.0.0.0/8'), ...remove('10.0.0.0/8') });
    expect(PrefixList).toMatchObject({ State: 'modify-in-progress', Version: 1 });
    await bench.twin.clock.advance(1);
    expect(await describe1(id)).toMatchObject({ State: 'modify-complete', Version: 2 });
    expect(await entries(id)).toEqual(['11.0.0.0/8', '12.0.0.0/8']);
    expect(await entries(id, 1)).toEqual(['10.0.0.0/8', '11.0.0.0/8']);
    const { name } = await failureOf(bench.ec2.getManagedPrefixListEntries({ PrefixListId: id, TargetVersion: 3 }));
    expect(name).toBe('PrefixListVersionNotFound');
  });

  it('shows only when it is done, and allows no other change until then', async () => {
    const id = await bench.list(3, ['10.0.0.0/8']);
    const after = jest.spyOn(bench.twin.clock, 'after').mockReturnValue(() => undefined);
    await send(id, { CurrentVersion: 1, ...add('11.0.0.0/8') });
    expect(await entries(id)).toEqual(['10.0.0.0/8']);
    expect(await bench.refusal(send(id, { CurrentVersion: 1, ...add('12.0.0.0/8') }))).toBe('IncorrectState');
    expect(await bench.refusal(send(id, { PrefixListName: 'other' }))).toBe('IncorrectState');
    expect(await bench.refusal(bench.ec2.deleteManagedPrefixList({ PrefixListId: id }))).toBe('IncorrectState');
    await after.mock.calls[0]?.[1]();
    expect(await entries(id)).toEqual(['10.0.0.0/8', '11.0.0.0/8']);
    await send(id, { CurrentVersion: 2, ...add('12.0.0.0/8') });
  });

  it.each([
    ['another version', { CurrentVersion: 2, ...add('11.0.0.0/8') }, 'PrefixListVersionMismatch'],
    ['no version', add('11.0.0.0/8'), 'MissingParameter'],
    ['an entry that is there', { CurrentVersion: 1, ...add('10.0.0.0/8') }, 'InvalidRequest'],
    ['an entry to go that is not there', { CurrentVersion: 1, ...remove('11.0.0.0/8') }, 'InvalidParameterValue'],
    [
      'an entry both to come and to go',
      { CurrentVersion: 1, ...add('10.0.0.0/8'), ...remove('10.0.0.0/8') },
      'InvalidParameterValue',
    ],
    ['too many', { CurrentVersion: 1, ...add('11.0.0.0/8', '12.0.0.0/8') }, 'PrefixListMaxEntriesExceeded'],
    ['a new size as well', { CurrentVersion: 1, MaxEntries: 5, ...add('11.0.0.0/8') }, 'InvalidParameterCombination'],
    [
      "a name of AWS's",
      { CurrentVersion: 1, PrefixListName: 'com.amazonaws.x', ...add('11.0.0.0/8') },
      'InvalidParameterValue',
    ],
  ])('fails with %s', async (_case, input, code) => {
    const id = await bench.list(2, ['10.0.0.0/8']);
    expect(await bench.refusal(send(id, input))).toBe(code);
  });

  it('renames at once', async () => {
    const id = await bench.list(2, ['10.0.0.0/8']);
    await send(id, { PrefixListName: 'renamed' });
    expect(await describe1(id)).toMatchObject({ PrefixListName: 'renamed', Version: 1, State: 'create-complete' });
  });
});

describe('restoring a version', () => {
  it('makes a new version of the old entries', async () => {
    const id = await bench.list(2, ['10.0.0.0/8']);
    await modify(id, { CurrentVersion: 1, ...add('11.0.0.0/8') });
    const restore = (PreviousVersion: number, CurrentVersion: number) =>
      bench.ec2.restoreManagedPrefixListVersion({ PrefixListId: id, PreviousVersion, CurrentVersion });
    expect(await bench.refusal(restore(1, 1))).toBe('PrefixListVersionMismatch');
    expect(await bench.refusal(restore(7, 2))).toBe('PrefixListVersionNotFound');
    expect((await restore(1, 2)).PrefixList).toMatchObject({ State: 'restore-in-progress', Version: 2 });
    await bench.twin.clock.advance(1);
    expect(await describe1(id)).toMatchObject({ State: 'restore-complete', Version: 3 });
    expect(await entries(id)).toEqual(['10.0.0.0/8']);
    expect(await entries(id, 2)).toEqual(['10.0.0.0/8', '11.0.0.0/8']);
  });
});

describe('resizing', () => {
  it('needs no version, and makes none', async () => {
    const id = await bench.list(2, ['10.0.0.0/8']);
    await modify(id, { MaxEntries: 5 });
    expect(await describe1(id)).toMatchObject({ MaxEntries: 5, Version: 1, State: 'modify-complete' });
    await modify(id, { MaxEntries: 1 });
    expect(await describe1(id)).toMatchObject({ MaxEntries: 1 });
  });

  it('does not go below the entries that are there', async () => {
    const id = await bench.list(2, ['10.0.0.0/8', '11.0.0.0/8']);
    expect(await bench.refusal(send(id, { MaxEntries: 1 }))).toBe('PrefixListMaxEntriesExceeded');
  });

  it('ends in modify-failed where a group would outgrow its quota, and leaves the size', async () => {
    const [id, groupId] = [await bench.list(30), await bench.group()];
    await bench.authorize(groupId, tcp(22, id), tcp(80, id));
    await modify(id, { MaxEntries: 31 });
    expect(await describe1(id)).toMatchObject({
      State: 'modify-failed',
      StateMessage: expect.stringContaining(groupId),
      MaxEntries: 30,
    });
    await bench.revoke(groupId, tcp(80, id));
    await modify(id, { MaxEntries: 31 });
    const list = await describe1(id);
    expect(list).toMatchObject({ State: 'modify-complete', MaxEntries: 31 });
    expect(list).not.toHaveProperty('StateMessage');
  });
});

describe('deleting', () => {
  it('waits until no group names the list', async () => {
    const [id, groupId] = [await bench.list(2), await bench.group()];
    await bench.authorize(groupId, tcp(22, id));
    const { PrefixListAssociations } = await bench.ec2.getManagedPrefixListAssociations({ PrefixListId: id });
    expect(PrefixListAssociations).toEqual([{ ResourceId: groupId, ResourceOwner: ACCOUNT }]);
    const drop = () => bench.ec2.deleteManagedPrefixList({ PrefixListId: id });
    expect(await bench.refusal(drop())).toBe('DependencyViolation');
    await bench.revoke(groupId, tcp(22, id));
    expect((await drop()).PrefixList?.State).toBe('delete-in-progress');
    expect(await bench.refusal(drop())).toBe('InvalidPrefixListID.NotFound');
    expect(await bench.refusal(bench.authorize(groupId, tcp(22, id)))).toBe('InvalidPrefixListID.NotFound');
  });
});

describe("AWS's own lists", () => {
  it('have neither version nor size, and cannot be changed', async () => {
    const { PrefixLists = [] } = await bench.ec2.describeManagedPrefixLists({
      Filters: [{ Name: 'owner-id', Values: ['AWS'] }],
    });
    expect(PrefixLists.map(({ PrefixListName }) => PrefixListName)).toEqual([
      'com.amazonaws.eu-west-1.s3',
      'com.amazonaws.eu-west-1.dynamodb',
      'com.amazonaws.global.cloudfront.origin-facing',
    ]);
    for (const list of PrefixLists) {
      expect(list.PrefixListArn).toBe(`arn:aws:ec2:eu-west-1:aws:prefix-list/${list.PrefixListId}`);
      expect(list).not.toHaveProperty('Version');
      expect(list).not.toHaveProperty('MaxEntries');
    }
    const id = PrefixLists[0]?.PrefixListId ?? '';
    expect((await entries(id)).length).toBeGreaterThan(0);
    const denied = 'UnauthorizedOperation';
    expect(await bench.refusal(send(id, { CurrentVersion: 1, ...add('10.0.0.0/8') }))).toBe(denied);
    expect(await bench.refusal(bench.ec2.deleteManagedPrefixList({ PrefixListId: id }))).toBe(denied);
    const restore = bench.ec2.restoreManagedPrefixListVersion({
      PrefixListId: id,
      PreviousVersion: 1,
      CurrentVersion: 1,
    });
    expect(await bench.refusal(restore)).toBe(denied);
  });

  it('are all that DescribePrefixLists knows', async () => {
    await bench.list(1);
    const { PrefixLists = [] } = await bench.ec2.describePrefixLists({
      Filters: [{ Name: 'prefix-list-name', Values: ['*'] }],
    });
    expect(PrefixLists).toHaveLength(3);
    expect(PrefixLists[0]?.Cidrs?.length).toBeGreaterThan(0);
  });
});

describe('finding lists', () => {
  it('by name, tag and page', async () => {
    const ids = [await bench.list(1), await bench.list(1)];
    await bench.ec2.createTags({ Resources: ids, Tags: [{ Key: 'of', Value: 'this test' }] });
    const mine = { Filters: [{ Name: 'tag:of', Values: ['this*'] }], MaxResults: 1 };
    const first = await bench.ec2.describeManagedPrefixLists(mine);
    const second = await bench.ec2.describeManagedPrefixLists({ ...mine, NextToken: first.NextToken });
    expect([first, second].map(({ PrefixLists }) => PrefixLists?.map(({ PrefixListId }) => PrefixListId))).toEqual([
      [ids[0]],
      [ids[1]],
    ]);
    expect(second.NextToken).toBeUndefined();
    const fails = async (call: Promise<unknown>) => (await failureOf(call)).name;
    expect(await fails(bench.ec2.describeManagedPrefixLists({ ...mine, NextToken: 'nonsense' }))).toBe(
      'InvalidNextToken',
    );
    expect(await fails(bench.ec2.describeManagedPrefixLists({ PrefixListIds: ['pl-zz'] }))).toBe(
      'InvalidPrefixListId.Malformed',
    );
    expect(await fails(describe1('pl-0123456789abcdef0'))).toBe('InvalidPrefixListID.NotFound');
  });

  it('pages through entries, a hundred at a time', async () => {
    const id = await bench.list(
      150,
      Array.from({ length: 100 }, (_, index) => `10.0.${index}.0/24`),
    );
    await modify(id, { CurrentVersion: 1, ...add('11.0.0.0/8', '12.0.0.0/8') });
    const { Entries, NextToken } = await bench.ec2.getManagedPrefixListEntries({ PrefixListId: id });
    expect(Entries).toHaveLength(100);
    const rest = await bench.ec2.getManagedPrefixListEntries({ PrefixListId: id, NextToken });
    expect(rest.Entries?.map(({ Cidr }) => Cidr)).toEqual(['11.0.0.0/8', '12.0.0.0/8']);
  });
});
