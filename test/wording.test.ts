import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciHelp } from '../src/cli/help/ci.ts';
import { untypable } from './support/typed-hints.ts';

/** Phrases that nobody in the field would write, and what is written. */
const instead: Readonly<Record<string, string>> = {
  'did you mean': 'Did you mean X?',
  'there is no verb': 'unknown verb: X',
  'there is no profile "': 'no such profile: X',
  'there is no file ': 'no such file: X',
  'there is no help on': 'no help topic: X',
  'exclude each other': 'X and Y cannot be combined',
  'says what to fetch': '--url is required',
  'nothing to change was named': 'nothing to change',
  'give either --name': '--name or --into is required',
  'names no image': "--name is missing the image's name",
  'there is no completion for': 'unsupported shell: X',
  'is no status': 'unknown status: X',
  'for want of a': 'N images have no X and are not shown',
  'begin behind this image': 'start after this image',
  'longest pause between two looks': 'maximum polling interval',
  'how many things are done at once': 'number of parallel operations',
  'the line of column names': 'show the header',
  'go on from a partial file': 'resume a partial download',
  'findings that are meant to be so': 'accept these findings (dangerous)',
  'has only put aside': 'Permanently remove a deleted image',
  'Any image from any cloud to any other': 'Copy an image to another cloud, converting as needed',
  'What a file is: format': 'Inspect a file: …',
  'Forget a profile': 'Remove a profile',
  'Take over profiles': 'Import profiles',
  'was looked at': 'while it was read',
  'The question:': 'Pass --yes to skip the prompt.',
  'relay through here': 'relay',
  'holds the same disk': 'already up to date: X has the same content',
  'does not get:': 'not copied, unsupported by X: …',
  'stay behind:': 'not copied, reserved by X: …',
  'where a name fits several': 'use the newest match',
  ' excludes --': 'X cannot be combined with Y',
  'no place was named': '--to, --remove or --exactly is required',
  'take them over': 'Import them with: …',
  'is not a duration': 'invalid duration: X',
  'is not a size': 'invalid size: X',
  'there is no column': 'unknown column: X',
  'has no filter "': 'unknown filter for X: Y',
  'has no field "': 'unknown field for X: Y',
  'tells how it is': 'Look at it with: imgctl show X',
  'somebody else meanwhile: ': 'was changed by another client',
  'does not fetch from itself': 'source and target are the same region',
  'damaged or another one': 'The file is corrupt or not the one expected; download it again.',
  '`it takes ': 'Supported: …',
  '`it has ${': 'Supported: …',
  'every profile there is': 'all profiles',
  'this machine knows': 'configured in other tools',
};

const source = path.resolve(import.meta.dirname, '../src');
const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) =>
    readFileSync(path.join(source, name), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );

describe('wording', () => {
  it.each(Object.entries(instead))('"%s" is not written; "%s" is', (phrase) => {
    expect(texts.filter((line) => line.includes(phrase) && /['"`]/.test(line))).toEqual([]);
  });
});

/** How a hint begins: with what is to be done, or with the name of a list of what there is. */
const imperatives =
  /^(?:Accept|Add|Allow|Ask|Change|Check|Choose|Convert|Deactivate|Decompress|Decrypt|Delete|Download|Export|Fetch|Fill|Find|Fix|Flatten|Get|Give|Import|Install|Join|Keep|List|Look|Make|Move|Name|Omit|Overwrite|Pass|Pipe|Project|Put|Reactivate|Recreate|Redirect|Remove|Rename|Replay|Report|Restore|Restrict|Resume|Rewrite|Run|Say|See|Send|Set|Show|Shrink|Specify|Unpack|Unprotect|Unset|Update|Upload|Try|Undo|Use|Wait|Write)\b/;
const lists = /^(?:Clouds|Columns|Example|Fields|Places|Regions|Stores|Supported|Writable)\b|^Did you mean /;
/** What a failure comes from where nothing can be done here, or what became of what was begun. */
const statements =
  /^(?:By default|This site|Creating it failed|It is (?:read-only|an installer|queued)|The record |Removed |Only |\$\{)/;

const hints = texts.flatMap((line) =>
  [...line.matchAll(/\bhint(?:: | = |\()(?:[^'"`]*\? )?(['`])((?:\\.|(?!\1)[^\\])+)\1/g)].map(([, , text = '']) => ({
    line,
    text,
  })),
);

describe('hints', () => {
  it('are found', () => expect(hints.length).toBeGreaterThan(150));

  it('say what to do, as an instruction', () => {
    const odd = hints.filter(({ text }) => ![imperatives, lists, statements].some((form) => form.test(text)));
    expect(odd.map(({ line }) => line)).toEqual([]);
  });

  it('do not begin with a bare command, and have no period behind one', () => {
    for (const { line, text } of hints) {
      expect(text, line).not.toMatch(/^imgctl /);
      expect(text, line).not.toMatch(/(?:with|Try): imgctl [^.]*\.$/);
    }
  });

  it('have at most 120 characters to a line', () => {
    for (const { line, text } of hints)
      for (const one of text.replaceAll(/\$\{[^}]*\}/g, 'x').split(String.raw`\n`))
        expect(one.length, line).toBeLessThanOrEqual(120);
  });
});

describe('what is printed to be typed', () => {
  const readme = readFileSync(path.join(source, '../README.md'), 'utf8');
  const typed = [...readme.split('\n'), ...ciHelp().split('\n')].filter((line) =>
    /^(?: {2,}|\$ |\s*- run:).*\bimgctl [a-z]/.test(line),
  );

  it('has verbs and options that there are', () => {
    expect(typed.length).toBeGreaterThan(50);
    expect(typed.map((line) => line.replace(/\s#.*$/, '')).filter((line) => untypable(line).length > 0)).toEqual([]);
    expect(untypable('imgctl lsit --nonsense')).not.toEqual([]);
  });
});
