import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Says where nobody overlooks it that tests against a real service are not run, and why. */
export function sayNotRun(service: string, reason: string): void {
  const line = '!'.repeat(100);
  process.stderr.write(`\n${line}\n!! THE LIVE TESTS AGAINST ${service} ARE NOT RUN: ${reason}\n${line}\n\n`);
}

/** What a group of tests is called that is skipped where there is a reason. */
export const titled = (title: string, reason: string | undefined): string =>
  reason === undefined ? title : `${title} (SKIPPED: ${reason})`;

/**
 * A port of loopback that nobody listens on. It lies below those that a system gives to whoever names none, as all fakes do: none of them gets it before the
 * service that it is for has started.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(21_000, 27_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/** Ends a process by a signal, and returns when it is gone. */
export async function stopBy(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}

/** Returns when a service answers. Throws what it said last where it ends before, or is silent for two minutes. */
export async function answering(child: ChildProcess, answers: () => Promise<unknown>): Promise<void> {
  const program = child.spawnargs.join(' ');
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-2000)));
  for (const until = Date.now() + 120_000; Date.now() < until;) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
    const isUp = await answers().then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${program} does not answer: ${said}`);
}
