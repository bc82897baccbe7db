/** Signs that would move the cursor, hide or reorder text, or begin another line on a terminal. */
export const hostileSigns =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/;

/** Texts that a provider, or whoever named an image there, may send. */
export const hostileTexts: Readonly<Record<string, string>> = {
  'ANSI colour': '\u001b[31mred\u001b[0m',
  'cursor and clear': '\u001b[2J\u001b[1;1Hroot@host:~# ',
  'OSC title and link': '\u001b]0;owned\u0007\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007',
  'OSC 52 clipboard': '\u001b]52;c;ZXZpbA==\u0007',
  'DCS and APC': '\u001bPq#0\u001b\\\u001b_evil\u001b\\',
  'C1 CSI': '\u009b31m\u0090evil\u009c',
  'bidi override': 'safe\u202egnp.exe\u202c\u2066x\u2069',
  'zero width': 'ad\u200bmin\u200d\ufeff\u2060',
  'letter mark and annotations': 'a\u061cb\ufff9c\ufffad\ufffbe',
  'line ends': 'one\ntwo\r\nthree\u2028four\u2029five\u0085six\rseven',
  'tabs and backspaces': 'a\tb\u0008\u0008\u0008c\u007f',
  'null byte': 'a\u0000b',
  'tag letters': 'x\u{e0041}\u{e0042}',
  'lone surrogate': 'x\ud800y',
  formula: '=HYPERLINK("http://evil.example","x")',
  quotes: `"'\`$(id)\\;|&<script>`,
  'path up': '../../../etc/passwd',
  'absolute path': '/tmp/evil',
  'windows path': 'C:\\evil\\..\\x',
  'only dots': '..',
  'one dot': '.',
  option: '--force',
  __proto__: '__proto__',
  constructor: 'constructor',
  'emoji with joiners': '👩‍👩‍👧‍👦🏳️‍🌈',
  combining: `e${'\u0301'.repeat(200)}`,
};

/** Values where a number, a time, a list or a text is due. */
export const strangeValues: Readonly<Record<string, unknown>> = {
  '2^60': 2 ** 60,
  '-1': -1,
  '1e308': 1e308,
  fraction: 0.1,
  'text of digits': '12',
  null: null,
  true: true,
  object: { a: { b: 1 } },
  list: [1, 'a', null, {}],
  'bad date': '2026-13-45T99:99:99Z',
  'far date': '+275760-09-13T00:00:00Z',
  word: 'yesterday',
  empty: '',
};
