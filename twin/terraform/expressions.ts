/** Finds the value of a reference, given as its parts: `['aws_sqs_queue', 'dead-letters', 'arn']`. */
export type Resolve = (path: readonly (string | number)[]) => unknown;

/** An expression that the twin cannot evaluate. It stops the load. */
export class UnsupportedExpressionError extends Error {
  override readonly name = 'UnsupportedExpressionError';
}

/**
 * Evaluates the templates in a value of Terraform's JSON syntax: references, also in the middle of a text. What the synthesized
 * stacks do not contain (functions, operators, directives) is refused by name.
 *
 * @see https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
 */
export function evaluate(value: unknown, resolve: Resolve): unknown {
  if (typeof value === 'string') return evaluateText(value, resolve);
  if (Array.isArray(value)) return value.map((item) => evaluate(item, resolve));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluate(item, resolve)]));
  return value;
}

function evaluateText(text: string, resolve: Resolve): unknown {
  const parts: unknown[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('$${', at) || text.startsWith('%%{', at)) {
      literal += text.slice(at + 1, at + 3);
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0) throw new UnsupportedExpressionError(`unfinished template: ${text.slice(at)}`);
      if (literal) parts.push(literal);
      literal = '';
      parts.push(resolve(reference(text.slice(at + 2, end))));
      at = end + 1;
    } else if (text.startsWith('%{', at)) {
      throw new UnsupportedExpressionError(`template directives are not simulated: ${text.slice(at, at + 40)}`);
    } else literal += text[at++];
  }
  if (literal || parts.length === 0) parts.push(literal);
  return parts.length === 1 ? parts[0] : parts.map(String).join('');
}

/** `aws_x.y[0].arn` as its parts. */
function reference(expression: string): (string | number)[] {
  const text = expression.trim();
  if (!/^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\[\d+\]|\["[^"\]]+"\])*$/.test(text))
    throw new UnsupportedExpressionError(`expressions other than references are not simulated: \${${text}}`);
  return [...text.matchAll(/\["([^"\]]+)"\]|\[(\d+)\]|([A-Za-z_][\w-]*)/g)].map(([, quoted, index, name]) =>
    index === undefined ? (quoted ?? name ?? '') : Number(index),
  );
}

/** Every reference in a value. */
export function referencesIn(value: unknown): (string | number)[][] {
  const found: (string | number)[][] = [];
  evaluate(value, (path) => {
    found.push([...path]);
    return '';
  });
  return found;
}
