import { codeMeanings, exitCodes, usageError, type Code } from '../../core/errors.ts';
import { nearest } from '../../ui/nearest.ts';
import { defineCommand, type Command } from '../command.ts';
import type { Surface } from '../context.ts';
import { commandHelp, firstHelp, optionsHelp } from '../help.ts';
import { plainText } from '../outcome.ts';
import { environmentHelp, outputHelp, profilesHelp } from '../topics.ts';

/** The table of exit codes, from the code. */
export function exitCodesHelp(): string {
  const rows = (Object.keys(exitCodes) as Code[]).map(
    (code) => `${String(exitCodes[code]).padStart(4)}  ${code.padEnd(13)} ${codeMeanings[code]}`,
  );
  return `Exit codes (never renumbered; an unknown number is a failure):\n   0                done\n${rows.join('\n')}\n`;
}

const topics: Readonly<Record<string, (surface: Surface) => string | Promise<string>>> = {
  options: optionsHelp,
  'exit-codes': exitCodesHelp,
  output: outputHelp,
  profiles: profilesHelp,
  environment: environmentHelp,
};

/** `help`, over the commands that there are. */
export function helpCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    path: 'help',
    summary: 'Help on a verb or a topic',
    args: { topic: { takes: 'any', summary: `a verb, or ${Object.keys(topics).join(', ')}`, completes: 'topic' } },
    options: {},
    needs: {},
    examples: [
      { does: 'help on a verb', type: 'imgctl help upload' },
      { does: 'what the exit codes mean', type: 'imgctl help exit-codes' },
    ],
    async run(input, context) {
      const words = (input.topic ?? []).join(' ');
      if (words === '') return plainText(firstHelp(commands()));
      const topic = Object.hasOwn(topics, words) ? topics[words] : undefined;
      if (topic) return plainText(await topic(context));
      const command = commands().find(({ path, aliases }) => path === words || aliases.includes(words));
      if (command) return plainText(await commandHelp(command, context));
      const group = commands().filter(({ path }) => path.startsWith(`${words} `));
      if (group.length > 0)
        return plainText(group.map(({ path, summary }) => `  imgctl ${path.padEnd(16)} ${summary}`).join('\n') + '\n');
      const close = nearest(words, [...Object.keys(topics), ...commands().map(({ path }) => path)]);
      throw usageError(`there is no help on "${words}"`, {
        hint: close.length > 0 ? `did you mean ${close.join(' or ')}?` : `topics: ${Object.keys(topics).join(', ')}`,
      });
    },
  });
}
