// Runs commands as whole processes, in turn, and takes medians.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const bin = fileURLToPath(new URL('../../bin/imgctl.cjs', import.meta.url));
const peakRss = fileURLToPath(new URL('peak-rss.cjs', import.meta.url));

/** Environment of every measured command: nothing of the caller's but what programs need to run at all. */
export const bareEnv = (more = {}) => ({ PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', ...more });

/** Whether a program is there. */
export const has = (program) => spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;

/** One run through bash: wall and CPU (user + system, children too) in seconds. Throws with the output if it fails. */
function once(command, env, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', `set -o pipefail; TIMEFORMAT='@@ %R %U %S'; time { ${command}; }`], {
      env,
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (chunk) => (told += chunk));
    child.on('close', (status) => {
      const times = /@@ ([\d.]+) ([\d.]+) ([\d.]+)/.exec(told);
      if (status !== 0 || !times) return reject(new Error(`${command}\nended with ${status}: ${told.slice(0, 2000)}`));
      const [, wall, user, system] = times.map(Number);
      resolve({ wall, cpu: user + system });
    });
  });
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Runs the commands `times` times, one after the other in each round, and gives the medians of each. `before` runs ahead of every run. */
export async function inTurn(commands, times, { env = bareEnv(), cwd, before = async () => undefined } = {}) {
  const runs = commands.map(() => []);
  for (let round = 0; round < times; round += 1)
    for (const [index, command] of commands.entries()) {
      await before(index);
      runs[index].push(await once(command, env, cwd));
    }
  return runs.map((all) => ({ wall: median(all.map((run) => run.wall)), cpu: median(all.map((run) => run.cpu)) }));
}

/** Runs the imgctl commands in turn; the medians of the seconds until the first byte stands on stdout, as `wall`. */
export async function firstBytes(commands, times, env) {
  const runs = commands.map(() => []);
  for (let round = 0; round < times; round += 1)
    for (const [index, args] of commands.entries()) {
      const since = performance.now();
      const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      runs[index].push((performance.now() - since) / 1000);
      child.stdout.destroy();
      await new Promise((resolve) => child.once('close', resolve));
    }
  return runs.map((all) => ({ wall: median(all) }));
}

/** Peak resident memory of one imgctl command, MiB. */
export function peakMemory(args, { env = bareEnv(), cwd } = {}) {
  const { status, stderr, output } = spawnSync(process.execPath, ['-r', peakRss, bin, ...args], {
    env,
    cwd,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`imgctl ${args.join(' ')}: ${stderr}`);
  return Math.round(Number(output[3]) / 1024);
}
