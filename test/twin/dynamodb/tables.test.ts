import {
  ACCOUNT,
  Bench,
  benchWithIndexes,
  benchWithTable,
  key,
  put,
  REGION,
  S,
  TABLE,
  tableArn,
  tableOf,
} from './support';

const describe_ = (bench: Bench) => bench.run('DescribeTable', { TableName: TABLE }).Table;

describe('CreateTable', () => {
  it('makes a table that is there at once', () => {
    const bench = new Bench();
    const made = bench.run(
      'CreateTable',
      tableOf(TABLE, { p: 'S', s: 'N' }, { Tags: [{ Key: 'team', Value: 'soc' }] }),
    );
    expect(made.TableDescription).toMatchObject({ TableName: TABLE, TableStatus: 'CREATING' });
    expect(describe_(bench)).toEqual({
      AttributeDefinitions: [
        { AttributeName: 'p', AttributeType: 'S' },
        { AttributeName: 's', AttributeType: 'N' },
      ],
      TableName: TABLE,
      KeySchema: [
        { AttributeName: 'p', KeyType: 'HASH' },
        { AttributeName: 's', KeyType: 'RANGE' },
      ],
      TableStatus: 'ACTIVE',
      CreationDateTime: bench.now,
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      TableSizeBytes: 0,
      ItemCount: 0,
      TableArn: tableArn(TABLE),
      TableId: made.TableDescription.TableId,
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST', LastUpdateToPayPerRequestDateTime: bench.now },
      DeletionProtectionEnabled: false,
    });
    expect(bench.run('ListTagsOfResource', { ResourceArn: tableArn(TABLE) })).toEqual({
      Tags: [{ Key: 'team', Value: 'soc' }],
    });
    expect(bench.failure('CreateTable', tableOf(TABLE, { p: 'S' }))).toMatchObject({
      code: 'ResourceInUseException',
      message: `Table already exists: ${TABLE}`,
    });
  });

  it('describes indexes, with what they hold', () => {
    const bench = benchWithIndexes();
    put(bench, key('a'), { ...key('b'), g: S('g') });
    const { GlobalSecondaryIndexes: globals, LocalSecondaryIndexes: locals, ...table } = describe_(bench);
    expect(table).toMatchObject({ ItemCount: 2, TableSizeBytes: 12 });
    expect(globals).toEqual([
      {
        IndexName: 'global',
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'h', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] },
        IndexStatus: 'ACTIVE',
        ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
        IndexSizeBytes: 0,
        ItemCount: 0,
        IndexArn: `${tableArn(TABLE)}/index/global`,
      },
    ]);
    expect(locals).toMatchObject([{ IndexName: 'local', ItemCount: 1, IndexSizeBytes: 7 }]);
  });

  const attributes = (...names: string[]) => ({
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  });
  const keySchema = (...names: string[]) =>
    names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' }));
  const index = (IndexName: string, more: object = {}) => ({
    IndexName,
    KeySchema: keySchema('p', 'x'),
    Projection: { ProjectionType: 'ALL' },
    ...more,
  });
  const locals = (...LocalSecondaryIndexes: object[]) => ({ LocalSecondaryIndexes, ...attributes('p', 's', 'x') });

  it.each<[string, object, string]>([
    [
      'a short name',
      { TableName: 'ab' },
      "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    ],
    [
      'a wrong name',
      { TableName: 'a table' },
      "1 validation error detected: Value 'a table' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      'no capacity',
      { BillingMode: undefined },
      'One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    ],
    [
      'needless capacity',
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      'One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    ],
    [
      'an attribute that no key uses',
      attributes('p', 's', 'x'),
      'One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    ],
    [
      'a key attribute of no type',
      attributes('p'),
      'One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [s], AttributeDefinitions: [p]',
    ],
    [
      'a key without partition key',
      { KeySchema: [{ AttributeName: 'p', KeyType: 'RANGE' }] },
      'One or more parameter values were invalid: Invalid KeySchema: The first KeySchemaElement is not a HASH key type',
    ],
    [
      'one attribute as both keys',
      { KeySchema: keySchema('p', 'p') },
      'One or more parameter values were invalid: Both the Hash Key and the Range Key element in the KeySchema have the same name',
    ],
    [
      'a local index without sort key',
      locals(index('local', { KeySchema: keySchema('p') })),
      'One or more parameter values were invalid: Index KeySchema does not have a range key for index: local',
    ],
    [
      'a local index of another partition key',
      locals(index('local', { KeySchema: keySchema('x', 's') })),
      'One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: local. index hash key: x, table hash key: p',
    ],
    [
      'an index without projection',
      locals(index('local', { Projection: {} })),
      'One or more parameter values were invalid: Unknown ProjectionType: null',
    ],
    [
      'needless attributes in a projection',
      locals(index('local', { Projection: { ProjectionType: 'ALL', NonKeyAttributes: ['a'] } })),
      'One or more parameter values were invalid: ProjectionType is ALL, but NonKeyAttributes is specified',
    ],
    [
      'two indexes of one name',
      locals(index('same'), index('same')),
      'One or more parameter values were invalid: Duplicate index name: same',
    ],
    [
      'six local indexes',
      locals(...[1, 2, 3, 4, 5, 6].map((n) => index(`local${n}`))),
      'One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of 5',
    ],
  ])('refuses %s', (_case, more, message) => {
    const input = tableOf(TABLE, { p: 'S', s: 'S' }, more);
    expect(new Bench().failure('CreateTable', input)).toMatchObject({ code: 'ValidationException', message });
  });

  it.each([
    [
      'a stream',
      { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } },
      'CreateTable StreamSpecification',
    ],
    ['a policy', { ResourcePolicy: '{}' }, 'CreateTable ResourcePolicy'],
  ])('does not pretend to make %s', (_case, more, what) => {
    const bench = new Bench();
    expect(bench.failure('CreateTable', tableOf(TABLE, { p: 'S' }, more)).code).toBe('NotImplemented');
    expect(bench.unsupported).toEqual([`dynamodb:${what}`]);
  });
});

describe('a table', () => {
  it('is not deleted while it is protected', () => {
    const bench = benchWithTable({ DeletionProtectionEnabled: true });
    expect(bench.failure('DeleteTable', { TableName: TABLE })).toMatchObject({
      code: 'ValidationException',
      message:
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
    });
    const updated = bench.run('UpdateTable', { TableName: TABLE, DeletionProtectionEnabled: false });
    expect(updated.TableDescription).toMatchObject({ TableStatus: 'UPDATING', DeletionProtectionEnabled: false });
    expect(bench.run('DeleteTable', { TableName: TABLE }).TableDescription.TableStatus).toBe('DELETING');
    for (const operation of ['DescribeTable', 'DeleteTable', 'UpdateTable', 'DescribeTimeToLive']) {
      expect(bench.failure(operation, { TableName: TABLE })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: `Requested resource not found: Table: ${TABLE} not found`,
      });
    }
  });

  it('changes its billing', () => {
    const bench = benchWithTable();
    const update = (more: object) => bench.run('UpdateTable', { TableName: TABLE, ...more }).TableDescription;
    const units = { ReadCapacityUnits: 5, WriteCapacityUnits: 6 };
    expect(update({ BillingMode: 'PROVISIONED', ProvisionedThroughput: units })).toMatchObject({
      BillingModeSummary: { BillingMode: 'PROVISIONED' },
      ProvisionedThroughput: units,
    });
    const fail = (more: object) => bench.failure('UpdateTable', { TableName: TABLE, ...more }).message;
    expect(fail({})).toMatch(/^At least one of ProvisionedThroughput, BillingMode/);
    expect(fail({ BillingMode: 'PAY_PER_REQUEST', ProvisionedThroughput: units })).toMatch(
      /Neither ReadCapacityUnits nor/,
    );
    expect(update({ BillingMode: 'PAY_PER_REQUEST' })).toMatchObject({
      ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
    });
    expect(fail({ BillingMode: 'PROVISIONED' })).toMatch(/ProvisionedThroughput must be specified/);
    expect(fail({ GlobalSecondaryIndexUpdates: [{}] })).toBe(
      'dynamodb:UpdateTable GlobalSecondaryIndexUpdates is not simulated by the twin',
    );
  });

  it('has continuous backups, to a point in time if told so', () => {
    const bench = benchWithTable();
    const read = () => bench.run('DescribeContinuousBackups', { TableName: TABLE }).ContinuousBackupsDescription;
    expect(read()).toEqual({
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
    });
    const start = bench.now;
    bench.run('UpdateContinuousBackups', {
      TableName: TABLE,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    bench.pass(3600);
    expect(read().PointInTimeRecoveryDescription).toEqual({
      PointInTimeRecoveryStatus: 'ENABLED',
      RecoveryPeriodInDays: 35,
      EarliestRestorableDateTime: start,
      LatestRestorableDateTime: new Date(bench.now.getTime() - 300_000),
    });
    expect(bench.failure('DescribeContinuousBackups', { TableName: 'Missing' })).toMatchObject({
      code: 'TableNotFoundException',
    });
  });

  it('carries tags', () => {
    const bench = benchWithTable();
    const ResourceArn = tableArn(TABLE);
    bench.run('TagResource', {
      ResourceArn,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    bench.run('TagResource', { ResourceArn, Tags: [{ Key: 'a', Value: '3' }] });
    bench.run('UntagResource', { ResourceArn, TagKeys: ['b', 'c'] });
    expect(bench.run('ListTagsOfResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'a', Value: '3' }] });
    expect(bench.failure('ListTagsOfResource', { ResourceArn: tableArn('Missing') })).toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it('is listed by name, in pages', () => {
    const bench = new Bench();
    for (const name of ['Ccc', 'Aaa', 'Bbb']) bench.run('CreateTable', tableOf(name, { p: 'S' }));
    expect(bench.run('ListTables', {})).toEqual({ TableNames: ['Aaa', 'Bbb', 'Ccc'] });
    expect(bench.run('ListTables', { Limit: 2 })).toEqual({
      TableNames: ['Aaa', 'Bbb'],
      LastEvaluatedTableName: 'Bbb',
    });
    expect(bench.run('ListTables', { Limit: 2, ExclusiveStartTableName: 'Bbb' })).toEqual({ TableNames: ['Ccc'] });
  });

  it('is encrypted with a key of KMS if told so', () => {
    const bench = benchWithTable({ SSESpecification: { Enabled: true, KMSMasterKeyId: 'alias/ledger' } });
    expect(describe_(bench).SSEDescription).toEqual({
      Status: 'ENABLED',
      SSEType: 'KMS',
      KMSMasterKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:alias/ledger`,
    });
  });
});
