import { createHash } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loaderWith } from '../../src/host/code-cache.ts';

let root: string;
let codes: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'imgctl-code-'));
  codes = path.join(root, 'cache', 'code', 'v1');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = path.join(root, name);
  writeFileSync(file, text);
  return file;
};
/** A program of two files; the second has a lasting name. */
const program = (answer = 42): string => {
  write('part-abcdefgh.cjs', `exports.answer = () => ${answer};`);
  return write('main.cjs', `const { answer } = require('./part-abcdefgh.cjs'); exports.ask = () => answer();`);
};
/** What a run of that program answers; afterwards it keeps its code. */
function ranProgram(main: string, file: string | undefined = codes): unknown {
  const loader = loaderWith(file);
  const answer = (loader.load(main) as { ask: () => unknown }).ask();
  loader.keep();
  return answer;
}
/** What follows the digest, and a file of it. */
const bodyOf = (bytes: Buffer): Buffer => bytes.subarray(32);
const fileOf = (body: Buffer | string): Buffer => Buffer.concat([createHash('sha256').update(body).digest(), Buffer.from(body)]);
const written = (): number => statSync(codes).mtimeMs;
const aged = (file: string, days: number): void => {
  const then = Date.now() / 1000 - days * 86_400;
  utimesSync(file, then, then);
};

describe('a loader', () => {
  it('gives what a file exports, once for all who ask, and parts of Node', () => {
    write('one-aaaaaaaa.cjs', `exports.list = []; exports.folder = __dirname; exports.file = __filename;`);
    write('two-bbbbbbbb.cjs', `require('./one-aaaaaaaa.cjs').list.push(require('node:path').basename(__filename));`);
    const main = write('main.cjs', `require('./two-bbbbbbbb.cjs'); module.exports = require('./one-aaaaaaaa.cjs');`);
    const found = loaderWith(undefined).load(main);
    expect(found).toEqual({ list: ['two-bbbbbbbb.cjs'], folder: root, file: path.join(root, 'one-aaaaaaaa.cjs') });
  });

  it('gives a file that asks for one that asks for it what that one has so far', () => {
    write('b-bbbbbbbb.cjs', `const a = require('./a-aaaaaaaa.cjs'); exports.early = a.name; exports.late = () => a.name;`);
    const a = write('a-aaaaaaaa.cjs', `const b = require('./b-bbbbbbbb.cjs'); exports.name = 'a'; exports.b = b;`);
    const { b } = loaderWith(undefined).load(a) as { b: { early: unknown; late: () => unknown } };
    expect([b.early, b.late()]).toEqual([undefined, 'a']);
  });

  it('names the file in errors, and says what it could not find', () => {
    const throws = write('main.cjs', `throw new Error('no')`);
    expect(() => loaderWith(undefined).load(throws)).toThrow(expect.objectContaining({ stack: expect.stringContaining(throws) }));
    expect(() => loaderWith(undefined).load(path.join(root, 'none.cjs'))).toThrow('ENOENT');
    expect(() => loaderWith(undefined).load(write('x.cjs', `require('left-pad')`))).toThrow('left-pad is no part of Node');
  });
});

describe('kept code', () => {
  it('is written once, for this user alone, and taken by the next run', () => {
    expect(ranProgram(program())).toBe(42);
    expect(readdirSync(path.dirname(codes))).toEqual(['v1']);
    expect([statSync(codes).mode & 0o777, statSync(path.dirname(codes)).mode & 0o777]).toEqual([0o600, 0o700]);
    aged(codes, 1);
    const before = written();
    expect(ranProgram(program())).toBe(42);
    expect(written()).toBe(before);
  });

  it('is made anew where a file has another name, and what is kept of the others stays', () => {
    ranProgram(program());
    write('other-ABCDEFGH.cjs', `exports.ask = () => 'other';`);
    expect(ranProgram(path.join(root, 'other-ABCDEFGH.cjs'))).toBe('other');
    const header = bodyOf(readFileSync(codes)).toString('latin1').split('\n')[0] ?? '';
    expect((JSON.parse(header) as [string][]).map(([name]) => name)).toEqual(['part-abcdefgh.cjs', 'other-ABCDEFGH.cjs']);
  });

  it('is not kept for a name that may have another content tomorrow', () => {
    ranProgram(program());
    expect(readFileSync(codes, 'latin1')).not.toContain('main.cjs');
    write('main.cjs', `exports.ask = () => 43;`);
    expect(ranProgram(path.join(root, 'main.cjs'))).toBe(43);
  });

  it('changes nothing when it is cut, overwritten, or of another program, and is made anew', () => {
    ranProgram(program());
    const whole = readFileSync(codes);
    const body = bodyOf(whole);
    const end = body.indexOf('\n') + 1;
    const damaged = Buffer.from(whole).fill(0, whole.length - 100, whole.length - 50);
    const broken: readonly Buffer[] = [
      Buffer.alloc(0),
      Buffer.alloc(whole.length),
      whole.subarray(0, 20),
      whole.subarray(0, -1),
      damaged,
      fileOf(''),
      fileOf('no JSON\n'),
      fileOf('{"a":1}\n'),
      fileOf('[["part-abcdefgh.cjs",-5]]\n'),
      fileOf('[["part-abcdefgh.cjs","many"]]\n'),
      fileOf(body.subarray(0, end)),
      fileOf(body.subarray(0, end + 20)),
      fileOf(Buffer.concat([body.subarray(0, end), Buffer.alloc(body.length - end)])),
    ];
    for (const [number, bytes] of broken.entries()) {
      writeFileSync(codes, bytes);
      // A source that V8 has compiled before in this process it would know without any kept code.
      expect(ranProgram(program(50 + number)), `${number}`).toBe(50 + number);
      expect(statSync(codes).size, `${number}`).toBeGreaterThan(32 + end + 20);
    }
  });

  it('is not taken from another user', () => {
    if (process.getuid?.() !== 0) return;
    ranProgram(program(60));
    chownSync(codes, 12_345, 12_345);
    expect(ranProgram(program(61))).toBe(61);
    expect(statSync(codes).uid).toBe(0);
  });

  it('is done without where it cannot be kept', () => {
    expect(ranProgram(program(90), '/dev/null/code')).toBe(90);
    expect(ranProgram(program(91), path.join(root, 'main.cjs', 'code'))).toBe(91);
    expect(loaderWith(undefined).load(program(92))).toBeDefined();
  });

  it('of a Node that is used no more goes after a month, and what is none stays', () => {
    ranProgram(program(80));
    const [old, recent, draft] = ['v0', 'v0.5', 'v0.1.tmp'].map((name) => path.join(path.dirname(codes), name));
    const notes = path.join(path.dirname(codes), 'notes');
    for (const file of [old, recent, draft, notes]) writeFileSync(file ?? '', 'x');
    aged(old ?? '', 31);
    aged(notes, 31);
    aged(draft ?? '', 31);
    rmSync(codes);
    ranProgram(program(81));
    expect(readdirSync(path.dirname(codes)).sort()).toEqual(['notes', 'v0.5', 'v1']);
  });

  it('of more than 4 MiB is begun anew with what was loaded', () => {
    ranProgram(program(70));
    const big = `[["old-aaaaaaaa.cjs",${4 << 20}]]\n`;
    writeFileSync(codes, fileOf(Buffer.concat([Buffer.from(big), Buffer.alloc(4 << 20)])));
    ranProgram(program(71));
    expect(statSync(codes).size).toBeLessThan(100_000);
  });
});
