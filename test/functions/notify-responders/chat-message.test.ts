import { chatMessage, LONGEST, MOST } from '../../../functions/notify-responders/chat-message';
import { alarm, ofNotice } from '../../support/notice';

it('a notice is told in the thread of its incident', () => {
  expect(chatMessage(ofNotice())).toEqual({
    version: '1.0',
    source: 'custom',
    id: 'm-1',
    content: {
      textType: 'client-markdown',
      title: 'HIGH: i-0abc is isolated',
      description: [
        '• eni-0abc has the quarantine group only',
        'Incident `gd-0123456789abcdef`, account 111122223333, Region eu-west-1',
        'Type `Backdoor:EC2/C&amp;CActivity.B!DNS`',
        'Finding: EC2 instance i-0abc queries a command and control server.',
        'Resource `arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc`',
      ].join('\n'),
      nextSteps: ['npx suture close gd-0123456789abcdef --reason TEXT'],
      keywords: ['high', 'contained', '111122223333', 'eu-west-1'],
    },
    metadata: {
      threadId: 'gd-0123456789abcdef',
      summary: 'HIGH: i-0abc is isolated',
      eventType: 'suture-contained',
      relatedResources: ['arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc'],
    },
  });
});

it('one with nothing to do, and about nothing, has no empty lists', () => {
  const { content, metadata } = chatMessage(ofNotice({ nextSteps: [], resources: [], lines: [] }));
  expect(content).not.toHaveProperty('nextSteps');
  expect(metadata).not.toHaveProperty('relatedResources');
});

it.each([
  ['markup', '*_~`<!channel> <https://evil.example|click> @here\n# '],
  ['10 KB', 'x'.repeat(10_240)],
  ['10 KB of what must be escaped', '&'.repeat(10_240)],
  ['emoji', '😀'.repeat(5_000)],
])('however hostile the finding (%s), what is known is told, and every limit is kept', (_case, text) => {
  const many = Array.from({ length: 50 }, () => text);
  const lines = ['FIRST LINE', ...many];
  const message = chatMessage(
    ofNotice({ title: text, type: text, headline: text, resources: many, lines, nextSteps: many }),
  );
  const { content, metadata } = message;
  expect(content.title.length).toBeLessThanOrEqual(LONGEST.title);
  expect(content.description.length).toBeLessThanOrEqual(LONGEST.description);
  expect(content.description).toMatch(/^• FIRST LINE\n/);
  expect(content.description).toContain('Incident `gd-0123456789abcdef`');
  expect(content.description).toContain('\nFinding: ');
  expect(content.description.split('\n').filter((line) => line.startsWith('• '))).toHaveLength(MOST.lines);
  expect(content.nextSteps).toHaveLength(MOST.steps + 1);
  expect(content.nextSteps?.at(-1)).toBe('and 42 more');
  expect(metadata.relatedResources).toHaveLength(MOST.resources);
  expect(metadata.threadId).toBe('gd-0123456789abcdef');
  // Code spans are ours, two backticks a line; nothing else is markup.
  const rest = content.description.replace(/`[^`\n]*`/g, '');
  for (const part of [rest, content.title, metadata.summary, ...(content.nextSteps ?? [])]) {
    expect(part).not.toMatch(/[*~`<>]|:\/\//);
    expect(part).not.toMatch(/(?<![A-Za-z0-9])@/);
  }
  expect(JSON.stringify(message).length).toBeLessThan(20_000);
});

it('an alarm has a thread of its own, in which it goes off and ends', () => {
  const messages = ['ALARM', 'OK'].map((NewStateValue) =>
    chatMessage({ messageId: 'm-1', kind: 'alarm', alarm: alarm({ NewStateValue }) as never }),
  );
  expect(messages.map(({ content, metadata }) => [content.title, metadata.threadId])).toEqual([
    ['ALARM: SutureDeadLettersWaiting', 'SutureDeadLettersWaiting'],
    ['OK: SutureDeadLettersWaiting', 'SutureDeadLettersWaiting'],
  ]);
  expect(messages[0]?.content.description).toContain('An event could not be handled.\nThreshold Crossed');
});

it('plain text keeps its lines, belongs to no thread, and is cut at a line', () => {
  const { content, metadata } = chatMessage({
    messageId: 'm-1',
    kind: 'text',
    subject: 'Suture: held',
    text: 'Why: *budget*\n\nResource: <x>',
  });
  expect(content).toMatchObject({
    title: 'Suture: held',
    description: 'Why: ∗budget∗\n\nResource: &lt;x&gt;',
  });
  expect(metadata).not.toHaveProperty('threadId');
  const long = chatMessage({ messageId: 'm-1', kind: 'text', subject: 's', text: `${'a'.repeat(900)}\n`.repeat(20) });
  expect(long.content.description).toBe(`${[0, 1, 2].map(() => 'a'.repeat(900)).join('\n')}\n…`);
  expect(chatMessage({ messageId: 'm-1', kind: 'text', subject: '', text: '\n' }).content).toMatchObject({
    title: 'Suture',
    description: '…',
  });
});
