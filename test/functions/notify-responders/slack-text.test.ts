import fc from 'fast-check';
import { code, cut, inert, unlinked } from '../../../functions/notify-responders/slack-text';

it.each([
  ['a mention of all', '<!channel> look', '&lt;!channel&gt; look'],
  ['a mention of a person', '<@U123>', '&lt;＠U123&gt;'],
  ['a mention by name', '@here and (@channel), a@b.example', '＠here and (＠channel), a@b.example'],
  ['a channel', 'see #general, C#', 'see ＃general, C#'],
  ['a link', '<https://evil.example|your bank>', '&lt;https[:]//evil.example|your bank&gt;'],
  ['a bare link', 'http://evil.example', 'http[:]//evil.example'],
  ['an entity', '&lt;!here&gt;', '&amp;lt;!here&amp;gt;'],
  ['bold, strike, code', '*b* ~s~ `c` ```block```', '∗b∗ ∼s∼ ˋcˋ ˋˋˋblockˋˋˋ'],
  ['italics', '_i_ and __i__', 'ˍiˍ and ˍˍiˍˍ'],
  ['a name with underscores', 'role my_app_role_2', 'role my_app_role_2'],
  ['a quote and lines of its own', 'ok\n> quoted\r\n\u2028• Contained', 'ok &gt; quoted • Contained'],
  ['text that runs the other way', 'safe \u202egnp.exe\u2069', 'safe  gnp.exe'],
  ['control characters', 'a\u0000b\u001b[31m', 'a b [31m'],
  ['emoji', '🔥 done ✅', '🔥 done ✅'],
])('%s is only text', (_case, text, expected) => {
  expect(inert(text, 500)).toBe(expected);
});

it('names of hosts in a title are broken up, versions and sentences are not', () => {
  expect(unlinked('i-0abc asks c2.evil-host.com. Twice. IPs 198.51.100.7, v1.2', 500)).toBe(
    'i-0abc asks c2[.]evil-host[.]com. Twice. IPs 198.51.100.7, v1.2',
  );
});

it('an id stands in code as it is, and cannot leave it', () => {
  expect(code('arn:aws:iam::111122223333:role/_a_*', 100)).toBe('`arn:aws:iam::111122223333:role/_a_*`');
  expect(code('x` <!here> `y', 100)).toBe('`xˋ &lt;!here&gt; ˋy`');
  expect(code('', 10)).toBe('` `');
});

it('is cut between characters and entities', () => {
  expect(cut('abc&amp;def', 9)).toBe('abc&amp;…');
  for (const length of [5, 6, 7, 8]) expect(cut('abc&amp;def', length)).toBe('abc…');
  expect(cut('ab😀😀', 5)).toBe('ab😀…');
  expect(cut('ab😀😀', 4)).toBe('ab…');
  expect(inert('<'.repeat(10_000), 150)).toMatch(/^(&lt;)+…$/);
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom('<', '>', '&', '*', '_', '~', '`', '@', '#', '://', '\n', 'a', ' ', '😀', '\u202e', '!here'),
      {
        maxLength: 200,
      },
    )
    .map((parts) => parts.join('')),
);

it('whatever the text, nothing in it means anything to Slack, and it is not too long', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 2, max: 200 }), (text, length) => {
      for (const result of [inert(text, length), unlinked(text, length)]) {
        expect(result.length).toBeLessThanOrEqual(length);
        expect(result).not.toMatch(/[<>*~`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|:\/\//u);
        expect(result.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
        expect(result).not.toMatch(/(?<![A-Za-z0-9])[_@#]/);
      }
      const quoted = code(text, Math.max(length, 3));
      expect(quoted.length).toBeLessThanOrEqual(Math.max(length, 3));
      expect(quoted).toMatch(/^`[^`<>\n]+`$/);
    }),
  );
});
