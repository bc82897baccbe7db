import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningCloud } from '../conformance/cloud.ts';
import { overNetwork } from '../clouds/index.ts';
import { profileVariables } from '../commands/stage.ts';
import { guestDisk, MiB } from '../support/disk-images/guest.ts';

const program = path.resolve(import.meta.dirname, '../../bin/imgctl.cjs');
const root = mkdtempSync(path.join(tmpdir(), 'imgctl-signals-'));
const disk = path.join(root, 'disk.raw');
const work = path.join(root, 'work');

/** So much that a transfer goes on for half a minute: of blocks side by side the first are told of when 4 MiB are there, and then it is to be far from its end. */
const size = 16 * MiB;

/** A profile of a variable has no dash in its name. */
const profiles = overNetwork.map(([name, stage]) => ({ ...stage, name, profile: name.replaceAll('-', '') }));
const taking = profiles.filter(({ driver }) => driver.facts.upload).map(({ profile }) => profile);
const giving = profiles.filter(({ driver }) => driver.facts.download).map(({ profile }) => profile);
const clouds: Record<string, RunningCloud> = {};
let env: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  writeFileSync(disk, guestDisk(size, 7));
  mkdirSync(work);
  env = { PATH: process.env.PATH ?? '', HOME: path.join(root, 'home'), TMPDIR: work };
  for (const { name, profile, cloud } of profiles) {
    const running = (clouds[profile] = await cloud.start());
    env = { ...env, ...profileVariables(profile, name, running.values) };
  }
  // Each has another disk: what a target has already is not sent.
  for (const [index, name] of giving.entries()) await clouds[name]?.seed([{ name: 'seed', data: guestDisk(size, 8 + index) }]);
});
afterAll(async () => {
  for (const cloud of Object.values(clouds)) await cloud.stop();
  rmSync(root, { recursive: true, force: true });
});

/** What one of them leaves is not taken for what the next one leaves. */
afterEach(() => {
  for (const name of readdirSync(work)) rmSync(path.join(work, name), { recursive: true });
});

/** One block after the other: of blocks side by side all are read, and told of, at once. */
const slow = ['--bwlimit', '500K', '--retries', '0', '-j', '1'];
/** Command lines that take seconds, by the verb, and the profile in which nothing may be left of them. */
const lines: readonly (readonly [what: string, profile: string, args: () => readonly string[]])[] = [
  ...taking.map((name) => [`upload to ${name}`, name, () => ['upload', disk, '--name', `${name}:half`, ...slow]] as const),
  ...giving.flatMap((name, index) => {
    const to = taking[(index + 1) % taking.length] ?? name;
    return [
      [`copy from ${name} to ${to}`, to, () => ['copy', `${name}:seed`, `${to}:half`, ...slow]],
      [`download from ${name}`, name, () => ['download', `${name}:seed`, path.join(work, 'half.raw'), ...slow]],
    ] as const;
  }),
];
const signals = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

/** What a program prints, once it has ended. */
async function printed(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return text.trim();
}
const idsIn = (profile: string): Promise<string> => printed(process.execPath, [program, 'list', '-p', profile, '-o', 'id']);

/** Waits until bytes are on their way: then something half made is there. Throws what was printed where it ends before. */
function underWay(child: ChildProcess): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/"bytes":[1-9]|[1-9]\d* ?%/.test(text)) resolve();
    });
    child.once('close', () => reject(new Error(`it ended before it was under way:\n${text}`)));
  });
}

describe('a signal in the middle of a transfer', () => {
  it.each(lines.flatMap(([what, profile, args]) => signals.map(([signal, status]) => ({ what, profile, args, signal, status }))))(
    '$what, $signal: it ends with $status, and nothing is left',
    async ({ profile, args, signal, status }) => {
      const before = await idsIn(profile);
      const child = spawn(process.execPath, [program, ...args(), '--progress', 'json'], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      await underWay(child);
      child.kill(signal);
      expect((await once(child, 'close'))[0]).toBe(status);
      expect(await idsIn(profile)).toBe(before);
      expect(readdirSync(work)).toEqual([]);
    },
  );
});

/** Runs a command on a terminal of its own, and closes that once something is under way or asked there. Prints how it ended. */
const closing = `
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
seen = b''
# Of what has an unknown size only the speed is told, and that only once a block has arrived.
while not any(sign in seen for sign in (b'%', b'B/s', b' send', b'provider: ')): seen += os.read(terminal, 65536)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;
const onTerminal = (args: readonly string[]): Promise<string> =>
  printed('python3', ['-c', closing, process.execPath, program, ...args]);
const hasPython = spawnSync('python3', ['-c', '']).status === 0;

describe.skipIf(!hasPython)('a terminal that is closed (skipped without python3)', () => {
  it.each(lines)('%s: it ends with 129, and nothing is left', async (_what, profile, args) => {
    const before = await idsIn(profile);
    expect(await onTerminal(args())).toBe('129');
    expect(await idsIn(profile)).toBe(before);
    expect(readdirSync(work)).toEqual([]);
  });

  it('at a question: it ends with 129', async () => {
    expect(await onTerminal(['profile', 'add', 'x'])).toBe('129');
  });
});
