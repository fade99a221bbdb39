import type { FindingReference, Target } from '../incident/incident';

/** What a finding says, whoever made it, before anybody decides what to do about it. */
export interface Finding {
  /** Of the incident that it tells of. */
  readonly incidentId: string;
  /**
   * | origin      | who vouches for it                                                                |
   * | ----------- | --------------------------------------------------------------------------------- |
   * | guardduty   | GuardDuty, where it was read again                                                |
   * | securityhub | Security Hub has it, but whoever may import findings may have made it              |
   * | custom      | whoever may put events                                                            |
   * | suture      | CloudTrail, about Suture's own parts                                              |
   */
  readonly origin: 'guardduty' | 'securityhub' | 'custom' | 'suture';
  /** Who says so, for people. */
  readonly source: string;
  /** Whether it was read again at its source, and stands there. */
  readonly vouched: boolean;
  /** Whether a person asked for containment, by a custom action. */
  readonly requested: boolean;
  readonly account: string;
  readonly region: string;
  readonly type: string;
  readonly title: string;
  /** On GuardDuty's scale of 0 to 10; null for none. */
  readonly severity: number | null;
  /** ISO 8601, with whatever offset. */
  readonly at: string;
  readonly references: readonly FindingReference[];
  /** What can be contained. */
  readonly targets: readonly Target[];
  /** All that it is about, for people: ARNs or ids. */
  readonly resources: readonly string[];
  /** Why nothing can be contained, or nothing may without a person. Absent if targets may be contained as the policy says. */
  readonly forPeople?: string;
  /** Told even if its severity is low: the strong signal of a type that GuardDuty ranks low. */
  readonly isStrong?: boolean;
  /** Nothing to do about: a sample, archived, passed, suppressed. Says which. */
  readonly closed?: string;
  /** People are told without a page. */
  readonly quiet?: boolean;
}

/** Most that a finding's own text may take in a message. */
export const MAX_TITLE = 300;
export const MAX_TYPE = 200;
/** Targets of one incident: what an execution hands on grows with each. More are left to people. */
export const MAX_TARGETS = 20;
/** Resources named in a message. */
export const MAX_RESOURCES = 20;
