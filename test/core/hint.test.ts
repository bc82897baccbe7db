import { execFileSync } from 'node:child_process';
import { anyText, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { conflictError } from '../../src/core/errors.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { commandLine, hintWith, nowhere, otherVerbs } from '../../src/core/hint.ts';
import { operationNames } from '../../src/core/operation.ts';

describe('a command that leads on', () => {
  it('names the image with its profile, and the profile where that is meant', () => {
    expect(commandLine({ verb: 'patch', image: 'i-1', options: { unprotect: true } }, { profile: 'prod' })).toBe(
      'imgctl patch prod:i-1 --unprotect',
    );
    expect(commandLine({ verb: 'profile set', args: ['region=us-ord'] }, { profile: 'lin' })).toBe(
      'imgctl profile set lin region=us-ord',
    );
    expect(commandLine({ verb: 'wait', image: 'private/1' }, { profile: 'env:linode' })).toBe('imgctl wait env:linode:private/1');
  });

  it('stands behind a hint that ends in a colon, and on a line of its own behind any other', () => {
    const next = [{ verb: 'wait', image: '1' }] as const;
    expect(hintWith('Wait for it with:', next, { profile: 'p' })).toBe('Wait for it with: imgctl wait p:1');
    expect(hintWith('It is busy.', next, { profile: 'p' })).toBe('It is busy.\nimgctl wait p:1');
    expect(hintWith(undefined, [...next, { verb: 'show', image: '1' }], { profile: 'p' })).toBe(
      'Try: imgctl wait p:1 or imgctl show p:1',
    );
  });

  it('is written out once the profile is known, and not before', () => {
    const error = conflictError('busy', { hint: 'Try:', next: [{ verb: 'show', image: 'x' }] });
    expect(error.circumstances.hint).toBe('Try:');
    const placed = error.inProfile('p', 'local');
    expect(placed.circumstances).toMatchObject({ profile: 'p', provider: 'local', hint: 'Try: imgctl show p:x' });
    expect(placed.circumstances.next).toBeUndefined();
    expect(placed.inProfile('q', 'oci').circumstances).toMatchObject({ profile: 'p', hint: 'Try: imgctl show p:x' });
  });

  it('names a profile where a list, a place or a profile is what it is about, and another name in it', () => {
    const lines = [
      commandLine({ verb: 'list', args: ['web*'], options: { sort: 'created:desc' } }, { profile: 'my cloud' }),
      commandLine({ verb: 'profile check' }, { profile: 'p' }),
      commandLine({ verb: 'profile check' }, nowhere),
      commandLine({ verb: 'upload', args: ['FILE'], options: { into: { inProfile: 'i-1' } } }, { profile: 'p' }),
      commandLine({ verb: 'copy', image: 'i-1', args: [{ inProfile: 'NAME' }] }, nowhere),
      commandLine({ verb: 'providers', args: ['acme'] }, { profile: 'p' }),
      commandLine({ verb: 'profile set', args: ['token=…'] }, { profile: 'p' }),
    ];
    expect(lines).toEqual([
      "imgctl list 'web*' -p 'my cloud' --sort created:desc",
      'imgctl profile check p',
      'imgctl profile check',
      'imgctl upload FILE --into p:i-1',
      'imgctl copy i-1 NAME',
      'imgctl providers acme',
      'imgctl profile set p token=…',
    ]);
  });

  it('has the region that was typed, wherever the verb speaks to an account', async () => {
    const spoken = await Promise.all(
      [...operationNames, ...otherVerbs].map(async (verb) => {
        const loaded = await commands.find(({ path }) => path === verb)?.load();
        return { verb, toOne: loaded?.needs.at !== undefined };
      }),
    );
    for (const { verb, toOne } of spoken)
      expect(commandLine({ verb }, { region: 'r-1' }), verb).toBe(`imgctl ${verb}${toOne ? ' --region r-1' : ''}`);
    expect(commandLine({ verb: 'wait', image: 'i-1', options: { for: 'active' } }, { profile: 'p', region: 'r-1' })).toBe(
      'imgctl wait p:i-1 --for active --region r-1',
    );
    const error = conflictError('busy', { next: [{ verb: 'show', image: 'x' }], region: 'r-2' });
    expect(error.inProfile('p', 'local').circumstances.hint).toBe('Try: imgctl show p:x --region r-2');
  });

  it('has a verb that there is', () => {
    const paths = commands.map(({ path }) => path);
    expect([...operationNames, ...otherVerbs].filter((verb) => !paths.includes(verb))).toEqual([]);
  });

  it('is one argument for a shell whatever the id holds', () => {
    const ids = fc.sample(
      anyText(1).filter((id) => !/[\0\n]/.test(id)),
      30,
    );
    const script = ids.map((image) => commandLine({ verb: 'show', image }, { profile: 'p' })).join('\n');
    const echo = `imgctl() { shift; printf '%s\\0' "$@"; }`;
    const told = execFileSync('sh', ['-c', `${echo}\n${script}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);
    expect(told).toEqual(ids.map((id) => `p:${id}`));
  });
});
