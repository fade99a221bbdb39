import type { Severity, SeverityLabel } from '@aws-sdk/client-securityhub';

const LABELS: readonly (readonly [label: SeverityLabel, from: number])[] = [
  ['CRITICAL', 90],
  ['HIGH', 70],
  ['MEDIUM', 40],
  ['LOW', 1],
  ['INFORMATIONAL', 0],
];

/**
 * A severity with its label and its number, of which one is enough.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Severity
 */
export function severityOf({ Label, Normalized, ...rest }: Severity): Severity {
  const label = Label ?? LABELS.find(([, from]) => (Normalized ?? 0) >= from)?.[0] ?? 'INFORMATIONAL';
  const normalized = Normalized ?? LABELS.find(([known]) => known === label)?.[1] ?? 0;
  return { ...rest, Label: label, Normalized: normalized };
}

export const isLabel = (text: string): boolean => LABELS.some(([label]) => label === text);
