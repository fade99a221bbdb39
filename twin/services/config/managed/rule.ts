import type { ComplianceType } from '@aws-sdk/client-config-service';
import type { Scope } from '../../../service';
import type { Twin } from '../../../twin';

/** A resource as a managed rule sees it: what Config recorded of it. */
export interface Recorded {
  readonly name: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has its own shape
  readonly configuration: any;
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has its own shape
  readonly supplementary: any;
}

export interface Verdict {
  readonly compliance: ComplianceType;
  readonly annotation?: string;
}

/** A rule of AWS's, judged by the twin. */
export interface ManagedRule {
  readonly types: readonly string[];
  /** Judges what changes. */
  readonly onChange: boolean;
  /** Judges everything from time to time. */
  readonly periodic: boolean;
  /** Names of what `InputParameters` may hold. */
  readonly parameters: readonly string[];
  judge(resource: Recorded, parameters: Readonly<Record<string, string>>): Verdict;
  /** Judges the account instead of any resource. */
  readonly judgeAccount?: (twin: Twin, scope: Scope, parameters: Readonly<Record<string, string>>) => Verdict;
}

export const compliantIf = (condition: boolean, annotation?: string): Verdict =>
  condition
    ? { compliance: 'COMPLIANT' }
    : { compliance: 'NON_COMPLIANT', ...(annotation !== undefined && { annotation }) };

/** Parts of a comma-separated list. */
export const listed = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
