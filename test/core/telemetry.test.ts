import { RemediationFailedError } from '../../functions/core/errors';
import { LambdaTelemetry } from '../../functions/core/telemetry';

const telemetry = new LambdaTelemetry('Suture');
let written: string[];

beforeEach(() => {
  written = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env._X_AMZN_TRACE_ID;
});

it('writes one line of JSON with the keys that people search for', () => {
  process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  telemetry.info('Remediated', { resourceId: 'sg-0a1b2c3d', text: 'two\nlines' });
  expect(written).toEqual([expect.stringMatching(/^[^\n]*\n$/)]);
  expect(JSON.parse(written[0] ?? '')).toEqual({
    level: 'INFO',
    message: 'Remediated',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: 'suture',
    xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793',
    resourceId: 'sg-0a1b2c3d',
    text: 'two\nlines',
  });
});

it('tells of an error what JSON would leave out, its causes and the request id of AWS', () => {
  const refused = Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { requestId: 'r-1' } });
  // As the SDK's do: a reply refers to its request, which refers to the reply.
  Object.assign(refused, { $response: { of: refused } });
  telemetry.error('Failed', { error: new RemediationFailedError('1 of 1 left', [], [], { cause: refused }) });
  const { error, ...line } = JSON.parse(written.join('')) as Record<string, unknown>;
  expect(line).toMatchObject({ level: 'ERROR', message: 'Failed' });
  expect(line).not.toHaveProperty('xray_trace_id');
  expect(error).toEqual({
    name: 'RemediationFailedError',
    message: '1 of 1 left',
    stack: expect.stringContaining('telemetry.test'),
    cause: {
      name: 'AccessDenied',
      message: 'no',
      stack: expect.stringContaining('telemetry.test'),
      $metadata: { requestId: 'r-1' },
    },
  });
});
