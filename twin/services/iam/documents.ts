import { parseOperator } from '../../iam/conditions';
import { MalformedPolicyError, type PolicyDocument, type PolicyKind, parsePolicy } from '../../iam/policy';
import { AwsError } from '../../service';

/** IAM answers policies URL-encoded. */
export const encoded = (document: string): string => encodeURIComponent(document);

type Statement = { readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>> };

/** A date in a condition that is none would never match. */
function checkDates(text: string): void {
  const { Statement: statements } = JSON.parse(text) as { Statement: Statement | Statement[] };
  for (const { Condition = {} } of [statements].flat())
    for (const [name, keys] of Object.entries(Condition)) {
      if (!/^(For\w+:)?Date/.test(name)) continue;
      const compare = parseOperator('DateEquals')?.compare;
      for (const value of Object.values(keys).flat())
        if (!value.includes('${') && !compare?.(value, value, undefined))
          throw malformed(`Syntax error: ${value} is not a date.`);
    }
}

const malformed = (message: string) => new AwsError('MalformedPolicyDocument', message);

/** @throws AwsError for a document that IAM would not keep. */
export function checkDocument(text: string | undefined, kind: PolicyKind): string {
  try {
    parsePolicy(text ?? '', kind);
  } catch (thrown) {
    if (thrown instanceof MalformedPolicyError) throw malformed(thrown.message);
    throw thrown;
  }
  checkDates(text ?? '');
  return text ?? '';
}

/** Policies parsed once: a call is authorised thousands of times by the same text. */
const parsed = new Map<string, PolicyDocument>();

export function parse(text: string): PolicyDocument {
  let document = parsed.get(text);
  if (!document) {
    document = parsePolicy(text, 'identity');
    parsed.set(text, document);
  }
  return document;
}
