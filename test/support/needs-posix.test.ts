import { expect, it } from 'vitest';
import { needsPosix } from './needs-posix.ts';

it.each([
  ['await chmod(file, 0o600)', ['file modes']],
  ["symlinkSync(a, b); child.kill('SIGTERM')", ['symbolic links', 'signals']],
  ["execFileSync('mkfifo', [pipe])", ['named pipes']],
  ["spawnSync('sh', ['-c', line])", ['a POSIX shell']],
  ["open('/dev/full')", ['files of the system']],
  ["['--set', 'token=cmd:pass show x']", ['commands of a shell']],
  ["path: '/srv/images'", ['paths from the root']],
  ["expect(shellOf('powershell')).toBe(1)", []],
  ["'https://host/etc/usr'", []],
])('what a test uses that Windows has not is found: %s', (text, needs) => expect(needsPosix(text)).toEqual(needs));
