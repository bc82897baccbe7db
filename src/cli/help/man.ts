import { codeMeanings, exitCodes, type Code } from '../../core/errors.ts';
import type { Surface } from '../program/context.ts';
import { ciHelp } from './ci.ts';
import { firstSteps, optionRows, type HelpRow } from './help.ts';
import { usageLine } from '../program/usage-line.ts';
import { globalOptions } from '../program/settings.ts';
import { environmentHelp, outputHelp, profilesHelp } from './topics.ts';
import type { Chosen } from '../program/shape.ts';

/** Text as roff reads it back in every locale: backslashes, hyphens, lines that would be requests (groff_char(7), roff(7)), and ASCII alone. */
const roff = (text: string): string =>
  text
    .replaceAll('…', '...')
    .replaceAll('→', '->')
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replace(/^(?=[.'])/gm, String.raw`\&`);

const section = (title: string, ...parts: readonly string[]): string => [`.SH ${roff(title)}`, ...parts].join('\n');
const paragraph = (text: string): string => `.PP\n${roff(text.trimEnd())}`;
/** Lines that stay as they are. */
const verbatim = (text: string): string => `.PP\n.nf\n${roff(text.trimEnd())}\n.fi`;
const entries = (rows: readonly HelpRow[]): string =>
  rows.map(([left, right]) => `.TP\n.B ${roff(left.trim())}\n${roff(right)}`).join('\n');

function verb(chosen: Chosen): string {
  const { entry, command } = chosen;
  const args = Object.entries(command.args).map(([name, arg]): HelpRow => [name.toUpperCase(), arg.summary]);
  return [
    `.SS ${roff(`imgctl ${entry.path}`)}`,
    roff(`${entry.summary}.`),
    ...(command.about ? [paragraph(command.about)] : []),
    `.PP\n.B ${roff(usageLine(chosen))}`,
    ...(entry.aliases.length > 0 ? [paragraph(`Also: ${entry.aliases.join(', ')}`)] : []),
    entries([...args, ...optionRows(command.options)]),
    ...command.examples.map(({ does, type }) => `${paragraph(`${does}:`)}\n.RS 4\n.nf\n${roff(type)}\n.fi\n.RE`),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The whole manual as roff for man(1), from what help itself prints. The same program gives the same page. */
export async function manPage(surface: Surface): Promise<string> {
  const all = await Promise.all(surface.commands.map(async (entry): Promise<Chosen> => ({ entry, command: await entry.load() })));
  const codes = (Object.keys(exitCodes) as Code[]).map((code): HelpRow => [`${exitCodes[code]} ${code}`, codeMeanings[code]]);
  // Nobody's own folders stand in a page that is made where the program is built.
  const anyone = { ...surface, store: { ...surface.store, path: '~/.config/imgctl/config.json' } };
  const parts = [
    `.TH IMGCTL 1 "" "imgctl ${surface.version}" "User Commands"\n.ad l`,
    section('NAME', roff('imgctl - machine images in every cloud, with one command line')),
    section('SYNOPSIS', '.B imgctl', roff('[options] VERB [PROFILE:]IMAGE... [options]')),
    section('FIRST STEPS', entries(firstSteps)),
    section('VERBS', ...all.map(verb)),
    section(
      'OPTIONS',
      'They mean the same for every verb, and can be given before or after it.',
      entries(optionRows(globalOptions)),
    ),
    section('OUTPUT', verbatim(outputHelp())),
    section('PROFILES', verbatim(await profilesHelp(anyone))),
    section('ENVIRONMENT', verbatim((await environmentHelp(surface)).replace(/^Environment:\n/, ''))),
    section('EXIT STATUS', entries([['0', 'done'], ...codes])),
    section('CONTINUOUS INTEGRATION', verbatim(ciHelp())),
  ];
  return `${parts.join('\n')}\n`;
}
