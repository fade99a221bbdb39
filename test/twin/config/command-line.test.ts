import { pythonEnvironment, runPython } from '../../support/python';
import { ConfigBench, managed, tcp } from './support';

let bench: ConfigBench;
beforeAll(async () => {
  pythonEnvironment();
  bench = await ConfigBench.start();
  await bench.record();
}, 300_000);
afterAll(() => bench.stop());

async function aws(...given: string[]): Promise<unknown> {
  const { endpoint, region, credentials } = bench.settings;
  const { status, stdout, stderr } = await runPython('aws', ['--output', 'json', ...given], {
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim() ? (JSON.parse(stdout) as unknown) : undefined;
}

it('the AWS CLI shows who is compliant, and carries objects', async () => {
  await bench.rule('restricted-ssh', managed('INCOMING_SSH_DISABLED'));
  const groupId = await bench.group('web', tcp(22, '0.0.0.0/0'));
  const details = await aws(
    'configservice',
    'get-compliance-details-by-config-rule',
    '--config-rule-name',
    'restricted-ssh',
    '--compliance-types',
    'NON_COMPLIANT',
  );
  expect(details).toMatchObject({
    EvaluationResults: [
      {
        EvaluationResultIdentifier: { EvaluationResultQualifier: { ResourceId: groupId } },
        ComplianceType: 'NON_COMPLIANT',
      },
    ],
  });
  await bench.s3.putObject({ Bucket: 'config-logs', Key: 'note', Body: 'x' });
  expect(await aws('s3api', 'head-object', '--bucket', 'config-logs', '--key', 'note')).toMatchObject({
    ContentLength: 1,
  });
  await aws('s3api', 'put-object', '--bucket', 'config-logs', '--key', 'empty');
  expect(await aws('s3api', 'list-objects-v2', '--bucket', 'config-logs', '--prefix', 'e')).toMatchObject({
    Contents: [{ Key: 'empty', Size: 0 }],
  });
});
