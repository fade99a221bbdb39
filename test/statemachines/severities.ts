import type { Finding } from '@aws-sdk/client-guardduty';
import type { Assessment } from '../../functions/assess-incident/handler';
import { assessing, reported, toldOf } from '../support/assessing';
import { EXECUTION } from '../support/incident';
import { CONTEXT, IncidentRun } from '../support/incident-machine';
import { CONTAINMENT, end, NOTICE, waysOf } from './runs';

describe('each severity', () => {
  const LOG = 'LogIncident Done';
  const CONTAIN = `${CONTAINMENT} ${NOTICE}`;
  const severities: [unknown, string][] = [
    [0, LOG],
    [2, LOG],
    [3.9, LOG],
    [4, NOTICE],
    [6.9, NOTICE],
    [7, CONTAIN],
    [JSON.parse('7.0'), CONTAIN],
    [8.9, CONTAIN],
    [9, CONTAIN],
    [9.5, CONTAIN],
    [10, CONTAIN],
    ['7', CONTAIN],
    ['3.9', LOG],
    [10.1, NOTICE],
    [-1, NOTICE],
    ['high', NOTICE],
    [null, NOTICE],
    [undefined, NOTICE],
    [{}, NOTICE],
    [[9], NOTICE],
    [true, NOTICE],
  ];

  it.each(severities)('%j of a finding of GuardDuty takes its way', async (severity, way) => {
    const finding = reported({ Severity: severity } as Partial<Finding>);
    const assess = assessing({ finding });
    const AssessIncident = (payload: object) =>
      assess({ ...payload, execution: EXECUTION }, CONTEXT) as Promise<Assessment>;
    const run = new IncidentRun({ AssessIncident }, {}, toldOf(finding));
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${way}`);
    expect(run.calls.find(({ name }) => name === 'IsolateInstance')?.payload.mode).toBe(
      way === CONTAIN ? 'contain' : undefined,
    );
  });

  it.each(severities)(
    '%j of an event that anybody may send takes the same way, and only rehearses',
    async (severity, way) => {
      const detail = { severity, resourceType: 'AWS::EC2::Instance', resourceId: 'i-0abc0123456789def' };
      const assess = assessing({});
      const AssessIncident = (payload: object) =>
        assess({ ...payload, execution: EXECUTION }, CONTEXT) as Promise<Assessment>;
      const event = { ...toldOf(reported()), source: 'test.security', 'detail-type': 'Security Test', detail };
      const run = new IncidentRun({ AssessIncident }, {}, event);
      expect((await end(run)).error).toBeUndefined();
      expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${way}`);
      expect(run.calls.find(({ name }) => name === 'IsolateInstance')?.payload.mode).toBe(
        way === CONTAIN ? 'rehearse' : undefined,
      );
    },
  );

  it.each([['a text'], [7], [null], [[]], [{}]])(
    'an input that is no event at all (%j) is told of and fails',
    async (input) => {
      const assess = assessing({});
      const AssessIncident = (payload: object) =>
        assess({ ...payload, execution: EXECUTION }, CONTEXT) as Promise<Assessment>;
      const run = new IncidentRun({ AssessIncident }, {}, input);
      expect((await end(run)).error).toBe('IncidentUnresolvedError');
      expect(waysOf(run.path)).toBe('AssessIncident NotifyUnassessed RecordUnassessed Unassessed');
      // The same event is no better the second time.
      expect(run.calls.map(({ name }) => name)).toEqual(['AssessIncident', 'AssessIncident']);
      expect(run.published[0]?.Message).toContain('Error:     InvalidEventError\nExecution: arn\n');
    },
  );
});
