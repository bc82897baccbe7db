// npm run bench [NAME…]: imgctl beside what a user would take instead, in one run, in turn, medians; prints one table.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { groups } from './rows.mjs';

const wanted = process.argv.slice(2);
const folder = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'imgctl-bench-'));
const children = [];

/** A sink in a process of its own. */
export async function sink(settings) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'sink.mjs'), 'serve', JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [first] = await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk).split('\n'))));
  return first;
}

const rows = [];
try {
  mkdirSync(folder, { recursive: true });
  for (const group of groups) {
    if (wanted.length > 0 && !wanted.some((name) => group.name.includes(name))) continue;
    console.error(`# ${group.name}`);
    for (const row of await group.run({ folder, sink })) {
      rows.push(row);
      console.error(`  ${row.work}: ${row.figures} → ${row.ratio} (goal ${row.goal})`);
    }
  }
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
const [cpu] = cpus();
console.log(
  `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log('| work | against | measured | ratio | goal |\n|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.work} | ${row.against} | ${row.figures} | ${row.ratio} | ${row.goal} |`);
