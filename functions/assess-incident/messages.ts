import type { Home } from '../core/remediation';
import type { Incident } from '../incident/incident';
import { type Message, messageOf } from '../incident/notice';

/** What people are told about an incident for which nothing is done. */
export function toldMessage(incident: Incident, home: Home): Message {
  const about = shortName(incident);
  return messageOf(incident, 'told', {
    headline: `${incident.type} on ${about}`,
    lines: [`Nothing was changed: ${incident.why}.`],
    nextSteps: [...lookAt(incident, home), `When it is dealt with: suture close ${incident.id} --reason "…"`],
    ...(incident.quiet && { quiet: true }),
  });
}

/** What people are told when the workflow stops, wherever it stops. Made beforehand: it needs nothing that could fail. */
export function failureMessage(incident: Incident, execution: string, home: Home): Message {
  const about = shortName(incident);
  return messageOf(incident, 'failed', {
    headline: `the response to ${incident.type} on ${about} stopped half-way`,
    lines: ['What was contained stays contained; whether all of it was is not known.', `Execution: ${execution}`],
    nextSteps: [
      ...lookAt(incident, home),
      'Look at which state failed, and why: aws stepfunctions get-execution-history --reverse-order --max-items 20 --execution-arn (as above)',
      'When the cause is gone, have it completed: aws stepfunctions redrive-execution --execution-arn (as above)',
    ],
  });
}

/** What an incident is about, in a word: of an ARN, what comes last. */
const shortName = ({ resources: [first], account }: Incident): string =>
  first === undefined ? `account ${account}` : first.startsWith('arn:') ? (first.split(/[/:]/).at(-1) ?? first) : first;

function lookAt({ findings: [finding] }: Incident, { region }: Home): string[] {
  if (finding?.service !== 'guardduty') return [];
  return [
    `Read the finding: https://${region}.console.aws.amazon.com/guardduty/home?region=${region}#/findings?macros=current&fId=${finding.findingId}`,
  ];
}
