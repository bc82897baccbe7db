import { codeMeanings, exitCodes, usageError, type Code } from '../../core/errors.ts';
import { nearest } from '../../host/did-you-mean.ts';
import { ciHelp } from '../help/ci.ts';
import { defineCommand } from '../program/command.ts';
import type { Surface } from '../program/context.ts';
import { commandHelp, firstHelp, groupHelp, optionsHelp } from '../help/help.ts';
import { plainText } from '../program/outcome.ts';
import { manPage } from '../help/man.ts';
import { policyHelp } from '../help/policy.ts';
import { topicNames, type Topic } from '../help/topic-names.ts';
import { environmentHelp, outputHelp, profilesHelp } from '../help/topics.ts';

/** The table of exit codes, from the code. */
function exitCodesHelp(): string {
  const rows = (Object.keys(exitCodes) as Code[]).map(
    (code) => `${String(exitCodes[code]).padStart(4)}  ${code.padEnd(13)} ${codeMeanings[code]}`,
  );
  return `Exit codes (never renumbered; an unknown number is a failure):\n   0                done\n${rows.join('\n')}\n`;
}

const topics: Readonly<Record<Topic, (surface: Surface) => string | Promise<string>>> = {
  options: optionsHelp,
  'exit-codes': exitCodesHelp,
  output: outputHelp,
  profiles: profilesHelp,
  environment: environmentHelp,
  policy: policyHelp,
  ci: ciHelp,
  man: manPage,
};

export const help = defineCommand({
  args: { topic: { takes: 'any', summary: `a verb, or ${topicNames.join(', ')}`, completes: 'topic' } },
  options: {},
  needs: {},
  examples: [
    { does: 'help on a verb', type: 'imgctl help upload' },
    { does: 'what the exit codes mean', type: 'imgctl help exit-codes' },
    { does: 'the whole manual', type: 'imgctl help man | man -l -' },
  ],
  run: async (input, context) => plainText(await helpOn((input.topic ?? []).join(' '), context)),
});

async function helpOn(words: string, surface: Surface): Promise<string> {
  const { commands } = surface;
  if (words === '') return firstHelp(commands);
  const topic = topicNames.find((name) => name === words);
  if (topic) return topics[topic](surface);
  const entry = commands.find(({ path, aliases }) => path === words || (!path.includes(' ') && aliases.includes(words)));
  if (entry) return commandHelp({ entry, command: await entry.load() }, surface);
  if (commands.some(({ path }) => path.startsWith(`${words} `))) return groupHelp(words, commands);
  const close = nearest(words, [...topicNames, ...commands.map(({ path }) => path)]);
  throw usageError(`no help topic: ${words}`, {
    hint: close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Topics: ${topicNames.join(', ')}`,
  });
}
