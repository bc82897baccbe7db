import type { ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';

/** Says where nobody overlooks it that tests against a real service are not run, and why. */
export function sayNotRun(service: string, reason: string): void {
  const line = '!'.repeat(100);
  process.stderr.write(`\n${line}\n!! THE LIVE TESTS AGAINST ${service} ARE NOT RUN: ${reason}\n${line}\n\n`);
}

/** What a group of tests is called that is skipped where there is a reason. */
export const titled = (title: string, reason: string | undefined): string =>
  reason === undefined ? title : `${title} (SKIPPED: ${reason})`;

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Ends a process by a signal, and returns when it is gone. */
export async function stopBy(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}

/** Returns when a service answers. Throws what it said last where it ends before, or is silent for half a minute. */
export async function answering(child: ChildProcess, answers: () => Promise<unknown>): Promise<void> {
  const program = child.spawnargs.join(' ');
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-2000)));
  for (const until = Date.now() + 30_000; Date.now() < until;) {
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
