import validate from 'asl-validator';
import { incidentResponse, renderDefinition } from '../../statemachines/definition';
import type { Branch, Definition, Json, State } from '../../twin/services/states/asl/definition';
import { diagnose } from '../../twin/services/states/validation';
import { Twin } from '../../twin/twin';
import {
  branchesOf,
  edgesFrom,
  FUNCTIONS,
  MACHINE,
  RENDERED,
  STUBS,
  statesOf,
  VALUES,
} from '../support/incident-machine';
import { type Answers, missingPaths, type Shape, shapeOf } from './data-flow';

// The rules for a definition that the style guide has, over the rendered file.

const states = statesOf(MACHINE);
const tasks = states.filter(([, { Type }]) => Type === 'Task');
const TRANSIENT = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/**
 * They fail on purpose: a caught error would end the execution well, or lead nowhere but back to them. A Fail state in their place would fail
 * again on each redrive, for ever.
 */
const ENDS = ['Unresolved', 'Unassessed'];

/** A copy of the machine, with a change. */
function changed(change: (states: Record<string, Record<string, Json>>) => void): Definition {
  const copy = JSON.parse(RENDERED) as { States: Record<string, Record<string, Json>> };
  change(copy.States);
  return copy as unknown as Definition;
}

describe('the definition', () => {
  it('is taken by Step Functions', () => {
    expect(diagnose(new Twin(), RENDERED)).toEqual([]);
  });

  it('is taken by a validator that knows nothing of the twin', () => {
    expect(validate(JSON.parse(RENDERED)).errors).toEqual([]);
  });

  it('asks for the functions and the topic, and for nothing else', () => {
    const asked = new Set([...incidentResponse().matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));
    expect([...asked].sort()).toEqual(
      [...FUNCTIONS.map((name) => `${name}FunctionArn`), 'AlertTopicArn', 'Partition'].sort(),
    );
    expect(RENDERED).not.toContain('${');
  });

  it('is not rendered with a value too few or too many', () => {
    const { AlertTopicArn: _topic, ...few } = VALUES;
    expect(() => renderDefinition(incidentResponse(), few)).toThrow('${AlertTopicArn}');
    expect(() => renderDefinition(incidentResponse(), { ...VALUES, AlertTopicArn: '' })).toThrow('${AlertTopicArn}');
    expect(() => renderDefinition(incidentResponse(), { ...VALUES, Other: 'x' })).toThrow('none of Other');
  });
});

describe('names', () => {
  it('are in PascalCase, and each is used once', () => {
    const names = states.map(([name]) => name);
    for (const name of names) expect(name).toMatch(/^([A-Z][a-z]*)+(SOC)?$/);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('each task', () => {
  it.each(tasks)('%s has a time limit', (_name, { TimeoutSeconds, TimeoutSecondsPath, Parameters }) => {
    if (TimeoutSecondsPath !== undefined) expect(TimeoutSecondsPath).toBe(Parameters.Payload['seconds.$']);
    else expect(TimeoutSeconds).toBeLessThanOrEqual(150);
  });

  it.each(tasks)('%s tries again, with jitter and never after more than half a minute', (_name, { Retry = [] }) => {
    expect(Retry.length).toBeGreaterThan(0);
    for (const [index, retrier] of Retry.entries()) {
      if (retrier.ErrorEquals.includes('States.ALL')) {
        expect(retrier.ErrorEquals).toEqual(['States.ALL']);
        expect(index).toBe(Retry.length - 1);
      }
      if (retrier.MaxAttempts !== 0)
        expect(retrier).toMatchObject({
          IntervalSeconds: expect.any(Number),
          MaxAttempts: expect.any(Number),
          BackoffRate: 2,
          MaxDelaySeconds: 30,
          JitterStrategy: 'FULL',
        });
    }
  });

  it.each(tasks.filter(([, { Resource }]) => Resource?.includes('lambda')))(
    '%s is tried again first of all for what Lambda itself may answer',
    (_name, { Retry }) => {
      expect(Retry?.[0]).toMatchObject({ ErrorEquals: TRANSIENT, MaxAttempts: 5 });
    },
  );

  it.each(tasks.filter(([name]) => !ENDS.includes(name)))('%s has a way on when all fails', (_name, { Catch = [] }) => {
    expect(Catch.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    expect(Catch.slice(0, -1).flatMap(({ ErrorEquals }) => ErrorEquals)).not.toContain('States.ALL');
  });

  it('fails on purpose where a redrive must find it', () => {
    const uncaught = states.filter(([, { Type, Catch }]) => Type === 'Task' && !Catch).map(([name]) => name);
    expect(uncaught.sort()).toEqual([...ENDS].sort());
    // Nor is the error that they fail with tried again.
    for (const [name, { Retry = [] }] of states)
      if (ENDS.includes(name)) expect(Retry.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(TRANSIENT);
  });
});

describe('ways', () => {
  it('have a default at each choice', () => {
    for (const [name, { Type, Default }] of states)
      if (Type === 'Choice') expect([name, typeof Default]).toEqual([name, 'string']);
  });

  it('lead to states that exist, and every state is reached', () => {
    for (const branch of branchesOf(MACHINE)) {
      const reached = new Set([branch.StartAt]);
      for (const name of reached)
        for (const { to } of edgesFrom(name, branch.States[name] as State)) {
          expect(Object.keys(branch.States)).toContain(to);
          reached.add(to);
        }
      expect([...reached].sort()).toEqual(Object.keys(branch.States).sort());
    }
  });

  it('never end in a Fail state, which a redrive would only enter again', () => {
    expect(states.filter(([, { Type }]) => Type === 'Fail')).toEqual([]);
  });

  it('go round only by way of a redrive', () => {
    expect(circles(MACHINE, ENDS)).toEqual([]);
    expect(circles(MACHINE, ['Unresolved'])).not.toEqual([]);
    expect(circles(MACHINE, ['Unassessed'])).not.toEqual([]);
  });
});

/** States from which a way leads back to them, past none of those that end it. */
function circles({ States }: Branch, ends: readonly string[]): string[] {
  const next = (name: string) => edgesFrom(name, States[name] as State).map(({ to }) => to);
  return Object.keys(States).filter((start) => {
    const reached = new Set(next(start).filter((name) => !ends.includes(name)));
    for (const name of reached) for (const to of next(name)) if (!ends.includes(to)) reached.add(to);
    return !ends.includes(start) && reached.has(start);
  });
}

describe('what states read', () => {
  /** What functions and services answer for certain: as much as their types say. */
  const answers: Answers = {
    answerOf({ Resource = '', Parameters }): Shape {
      if (Resource.endsWith(':sns:publish')) return shapeOf(STUBS.publish({}));
      // Whoever has a token may answer anything.
      if (Resource.endsWith('.waitForTaskToken')) return {};
      const name = FUNCTIONS.find((one) => String(Parameters?.FunctionName).endsWith(`:${one}`));
      return name ? { Payload: shapeOf(STUBS[name]({})) } : {};
    },
    itemOf: (kind) => ({
      kind: {},
      index: {},
      ...(kind === 'bucket' && { bucketName: {} }),
      ...(kind === 'security-group' && { groupId: {} }),
    }),
  };

  it('was written on every way that leads to them', () => {
    expect(missingPaths(MACHINE, answers)).toEqual([]);
  });

  // The check itself, on machines that are wrong.
  it.each<[string, (states: Record<string, Record<string, Json>>) => void, string[]]>([
    [
      'a message that one way does not write',
      ({ AssessIncident }) => delete AssessIncident?.ResultSelector['report.$'],
      // On the way by VerifyContainment it is there.
      [
        'NotifySOC: $.report.subject',
        'NotifySOC: $.report.text',
        'NotifySOC: $.report.notice',
        'UpdateFindings: $.report',
      ],
    ],
    [
      'a part that the function does not answer',
      ({ VerifyContainment: state }) => {
        if (state) state.ResultSelector['text.$'] = '$.Payload.text';
      },
      ['VerifyContainment: $.Payload.text'],
    ],
    [
      'an answer to a token of which nobody asked what it is',
      ({ IsApproved: state }) => {
        state?.Choices[0].And.shift();
      },
      ['IsApproved: $.decision.decision'],
    ],
    [
      'the number of redrives that nobody kept',
      ({ RecordOpen: state }) => {
        if (state) state.ResultPath = '$.kept';
      },
      ['Unresolved: $.failedAt.redrives'],
    ],
    [
      'the name of a bucket where the target may be something else',
      ({ ContainTargets: state }) => {
        state?.ItemProcessor.States.RouteResource.Choices.forEach((rule: Json) => {
          if (rule.StringEquals === 'security-group') rule.Next = 'ContainBucket';
        });
      },
      ['ContainBucket: $.target.bucketName'],
    ],
    [
      'an error that the catcher throws away',
      ({ ContainTargets: state }) => {
        if (state) state.ItemProcessor.States.IsolateInstance.Catch[0].ResultPath = null;
      },
      ['ContainmentFailed: $.error.Error'],
    ],
  ])('is missed if it is %s', (_case, change, missing) => {
    expect(missingPaths(changed(change), answers)).toEqual(expect.arrayContaining(missing));
  });
});
