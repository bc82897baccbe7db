/** What a test may use that Windows has not, and how it shows in the test's text. */
const posixOnly: Readonly<Record<string, RegExp>> = {
  'file modes': /\bchmod(Sync)?\(|\bmode: 0o|\b0o[0-7]{3}\b/,
  'symbolic links': /\bsymlink(Sync)?\(/,
  'named pipes': /\bmkfifo\b/,
  'a POSIX shell': /'(\/bin\/)?(ba|z|fi)?sh'/,
  signals: /\.kill\(|'SIG(TERM|INT|HUP|PIPE|STOP)'/,
  'files of the system': /['"`(]\/(proc|dev)\//,
  'user ids': /\bgetuid\b|\bsetpriv\b/,
  'commands of a shell': /=cmd:|'cmd:/,
  'paths from the root': /['"`]\/(tmp|home|srv|etc|usr|opt|var)\b/,
};

/** What a test with this text uses that there is only on POSIX systems; empty if it can run everywhere. */
export const needsPosix = (text: string): readonly string[] =>
  Object.entries(posixOnly).flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));
