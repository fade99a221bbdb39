/**
 * Asks AWS's own event matcher the same questions as ours: `npx tsx scripts/check-event-patterns/check.ts [pairs] [seed]`.
 * Needs Java 17, Maven and, once, Maven Central. Exits 1 when answers differ, 2 when AWS's matcher cannot be run.
 *
 * @see https://github.com/aws/event-ruler
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileEventPattern, InvalidEventPatternError } from '../../twin/event-pattern';
import { EVENT_CASES, INVALID_CASES, VALUE_CASES } from './cases';
import { randomPairs } from './random-pairs';

type Answer = 'match' | 'no match' | 'invalid';

interface Pair {
  /** JSON text, or not. */
  readonly pattern: string;
  readonly event: string;
}

type KnownDifference = readonly [why: string, pattern: string, event: string, ruler: Answer, ours: Answer];

/** Where the two differ on purpose. Each line is checked, so that none outlives a change of either matcher. */
const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  // AWS's library takes more than EventBridge documents.
  ['EventBridge does not document an operator `exactly`', '{"a":[{"exactly":"b"}]}', '{"a":"b"}', 'match', 'invalid'],
  ['bounds of `numeric` end at 5e9', '{"a":[{"numeric":["<",5000000000.5]}]}', '{"a":1}', 'match', 'invalid'],
  ['2,048 characters is the quota', `{"a":["b","${'c'.repeat(2048)}"]}`, '{"a":"b"}', 'match', 'invalid'],
  [
    '1,000 combinations of $or are the limit',
    `{${tenTimes('{"$or":[{"b":[1]},{"c":[1]}]}')}}`,
    '{}',
    'no match',
    'invalid',
  ],
  ['what follows a pattern is not read', '{"a":[1]} and more', '{"a":1}', 'match', 'invalid'],
  ['Java drops what is empty behind a slash', '{"a":[{"cidr":"10.0.0.0/8/"}]}', '{"a":"10.0.0.1"}', 'match', 'invalid'],
  ['Java reads numbers with a plus', '{"a":[{"cidr":"10.0.0.0/+8"}]}', '{"a":"10.0.0.1"}', 'match', 'invalid'],
  [
    'an empty `prefix` list fails only alone',
    '{"a":[1,{"anything-but":{"prefix":[]}}]}',
    '{"a":1}',
    'match',
    'invalid',
  ],
  // Ours reads JSON as JavaScript does: equal names are one, integers come first among names, and numbers are doubles.
  ['objects of equal names are merged', '{"a":{"b":[1]},"a":{"c":[2]}}', '{"a":{"c":2}}', 'no match', 'match'],
  ['equal operators are two', '{"a":[{"prefix":"b","prefix":"c"}]}', '{"a":"c"}', 'invalid', 'match'],
  ['values of equal names are two', '{"a":[1]}', '{"a":1,"a":2}', 'match', 'no match'],
  ['of equal paths the last one in the text counts', '{"1.a":[1],"1":{"a":[2]}}', '{"1":{"a":2}}', 'match', 'no match'],
  [
    'numbers beyond doubles are text',
    '{"a":[12345678901234567890]}',
    '{"a":12345678901234567891}',
    'no match',
    'match',
  ],
  [
    'numbers beyond doubles have no order',
    '{"a":[{"numeric":["<",0.10000000000000000001]}]}',
    '{"a":0}',
    'invalid',
    'match',
  ],
  // Slips of AWS's library, version 2.1.0, on which no pattern should rely.
  [
    'alternatives that share values may be forgotten',
    '{"$or":[{"a":[1]},{"a":[1,2]}]}',
    '{"a":2}',
    'no match',
    'match',
  ],
  [
    'a wildcard at the start spoils a later equals-ignore-case',
    '{"a":[{"wildcard":"*b"},{"equals-ignore-case":"c"}]}',
    '{"a":"d"}',
    'match',
    'no match',
  ],
  [
    'values may be overlooked when an event names a path both nested and dotted',
    '{"a":[2],"a.b":[3]}',
    '{"a":[[2,{"b":4}]],"a.b":3}',
    'no match',
    'match',
  ],
  ['digits of a number pass for an address', '{"a":[{"cidr":"0.0.0.0/0"}]}', '{"a":5}', 'match', 'no match'],
  ['digits of an address pass for a number', '{"a":[12345678,"::1"]}', '{"a":"18.52.86.120"}', 'match', 'no match'],
  ['empty names are lost below others', '{"a":{"":[1]}}', '{"a":{"":1}}', 'no match', 'match'],
  [
    'half a surrogate pair is a question mark',
    '{"a":[{"prefix":"\\ud83d"}]}',
    '{"a":"\\ud83d\\ude00"}',
    'no match',
    'match',
  ],
];

function tenTimes(field: string): string {
  return Array.from({ length: 10 }, (_, index) => `"${index}":${field}`).join();
}

function main([count = '10000', seed = '1']: readonly string[]): number {
  const pairs = [...goldenPairs(), ...randomPairs(Number(count), Number(seed))];
  const known = KNOWN_DIFFERENCES.map(([, pattern, event]) => ({ pattern, event }));
  const answers = askBoth([...pairs, ...known]);
  const knownAnswers = answers.splice(pairs.length);

  const differing = answers.filter(({ ours, ruler }) => ruler.split(':')[0] !== ours);
  // Random pairs come upon the slips, too. They all lie in how the library puts the parts of a pattern together.
  const slips = differing.filter(({ ours, ruler }) => ruler.endsWith(`: taken apart: ${ours}`));
  const faults = differing.filter((answer) => !slips.includes(answer));
  for (const { pattern, event, ruler, ours } of faults)
    console.error(`\npattern ${pattern}\nevent   ${event}\nruler   ${ruler}\nours    ${ours}`);

  const outdated = KNOWN_DIFFERENCES.filter(
    ([, , , ruler, ours], index) =>
      knownAnswers[index]?.ruler.split(':')[0] !== ruler || knownAnswers[index].ours !== ours,
  );
  for (const [why] of outdated) console.error(`\nNo longer true in KNOWN_DIFFERENCES: ${why}`);

  const total = (wanted: Answer) => answers.filter(({ ours }) => ours === wanted).length;
  console.log(
    `${pairs.length} pairs: ${total('match')} match, ${total('no match')} do not, ${total('invalid')} are invalid.`,
    `${faults.length} answers differ, apart from ${slips.length} on which AWS's matcher contradicts itself.`,
    `${KNOWN_DIFFERENCES.length - outdated.length} of ${KNOWN_DIFFERENCES.length} known differences are true.`,
  );
  return faults.length + outdated.length > 0 ? 1 : 0;
}

function goldenPairs(): readonly Pair[] {
  return [
    ...VALUE_CASES.flatMap(([, list, matched, others]) =>
      [...matched, ...others].map((value) => ({ pattern: `{"a":${list}}`, event: `{"a":${value}}` })),
    ),
    ...EVENT_CASES.flatMap(([, pattern, matched, others]) =>
      [...matched, ...others].map((event) => ({ pattern, event })),
    ),
    ...INVALID_CASES.map(([, pattern]) => ({ pattern, event: '{}' })),
  ];
}

/** Ruler's answer to an invalid pattern has a reason behind a colon. */
function askBoth(pairs: readonly Pair[]): (Pair & { readonly ours: Answer; readonly ruler: string })[] {
  const questions = pairs.map((pair) => ({ ...pair, ours: askOurs(pair) }));
  const answers = askRuler(questions.map((question) => JSON.stringify(question)).join('\n'))
    .trimEnd()
    .split('\n');
  return questions.map((question, index) => ({ ...question, ruler: answers[index] ?? 'none' }));
}

function askOurs({ pattern, event }: Pair): Answer {
  try {
    return compileEventPattern(pattern)(JSON.parse(event)) ? 'match' : 'no match';
  } catch (error) {
    if (error instanceof InvalidEventPatternError) return 'invalid';
    throw error;
  }
}

function askRuler(questions: string): string {
  const libraries = resolve('out/check-event-patterns/lib');
  mkdirSync(libraries, { recursive: true });
  const pom = join(__dirname, 'pom.xml');
  run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${libraries}`]);
  return run('java', ['-cp', join(libraries, '*'), join(__dirname, 'AskRuler.java')], questions);
}

function run(command: string, args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1e9 });
  if (!error && status === 0) return stdout;
  console.error(`AWS's matcher cannot be run, as ${command} failed: ${error?.message ?? `${stdout}${stderr}`}`);
  return process.exit(2);
}

process.exitCode = main(process.argv.slice(2));
