import { InvalidEventError } from '../../../functions/core/errors';
import { type Alert, alertsIn, relay } from '../../../functions/incident/alert';
import { plainText } from '../../../functions/incident/incident';
import { alarm, notice, topicEvent } from '../../support/notice';

const attribute = (value: string) => ({ incident: { Type: 'String', Value: value } });

describe('a message of the topic', () => {
  it.each<[string, object, Alert]>([
    [
      'with the attribute is about an incident, whatever its text says',
      topicEvent({ Message: JSON.stringify(alarm()), MessageAttributes: attribute(JSON.stringify(notice())) }),
      { messageId: 'm-1', kind: 'notice', notice: notice() },
    ],
    [
      'of an alarm is an alarm',
      topicEvent({ Message: JSON.stringify({ ...alarm(), OldStateValue: 'OK', Trigger: {} }), Subject: 'ALARM: …' }),
      { messageId: 'm-1', kind: 'alarm', alarm: alarm() as never },
    ],
    [
      'of any other form is plain text',
      topicEvent({ Message: 'Why: the budget', Subject: 'Suture: held' }),
      { messageId: 'm-1', kind: 'text', subject: 'Suture: held', text: 'Why: the budget' },
    ],
    [
      'that only looks like an alarm is plain text',
      topicEvent({ Message: '{"AlarmName":"x","NewStateValue":"ON FIRE"}' }),
      { messageId: 'm-1', kind: 'text', subject: 'Suture', text: '{"AlarmName":"x","NewStateValue":"ON FIRE"}' },
    ],
  ])('%s', (_case, event, expected) => {
    expect(alertsIn(event)).toEqual([expected]);
  });

  it.each([
    ['a notice that is no JSON', topicEvent({ Message: 'm', MessageAttributes: attribute('{') })],
    [
      'a notice of an unknown event',
      topicEvent({ Message: 'm', MessageAttributes: attribute(JSON.stringify({ ...notice(), event: 'boom' })) }),
    ],
    ['an event that no topic sends', { detail: {} }],
    ['an event without records', { Records: [] }],
  ])('%s is an error, not plain text', (_case, event) => {
    expect(() => alertsIn(event)).toThrow(InvalidEventError);
  });
});

describe('a channel', () => {
  const said: unknown[] = [];
  const telemetry = {
    info: (...line: unknown[]) => void said.push(line),
    error: (...line: unknown[]) => void said.push(line),
  };
  const [record] = topicEvent({ Message: 'one' }).Records;
  const two = { Records: [record, { Sns: { ...record?.Sns, MessageId: 'm-2' } }] };
  beforeEach(() => {
    said.length = 0;
  });

  it('sends what follows one that failed, and then fails', async () => {
    const sent: string[] = [];
    const run = relay('chat', telemetry, async ({ messageId }) => {
      sent.push(messageId);
      if (messageId === 'm-1') throw new Error('no');
      return 'sent';
    });
    await expect(run(two)).rejects.toThrow('no');
    expect(sent).toEqual(['m-1', 'm-2']);
    expect(said).toMatchObject([
      ['Responders could not be notified', { channel: 'chat', messageId: 'm-1' }],
      ['Responders were notified', { channel: 'chat', messageId: 'm-2', status: 'sent' }],
    ]);
  });

  it('logs which incident it told of, and nothing that a finding says', async () => {
    const event = topicEvent({ Message: 'm', MessageAttributes: attribute(JSON.stringify(notice())) });
    await relay('pager', telemetry, async () => 'trigger')(event);
    expect(said).toEqual([
      [
        'Responders were notified',
        {
          channel: 'pager',
          messageId: 'm-1',
          kind: 'notice',
          incidentId: notice().incidentId,
          event: 'contained',
          status: 'trigger',
        },
      ],
    ]);
  });
});

it('plain text is cut between characters, not within one', () => {
  expect(plainText('ab😀😀', 5)).toBe('ab😀…');
  expect(plainText('ab😀😀', 4)).toBe('ab…');
  expect(plainText('ab😀😀', 6)).toBe('ab😀😀');
});
